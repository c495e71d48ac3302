namespace Troupe.Apps.MedSim.Words;

/// <summary>How much of a question statements speak of: for statements that say more than any question asks. Thread-safe once made.</summary>
internal sealed class Coverage(IEnumerable<(int Label, Dictionary<string, double> Features)> statements, Func<string, double> weightOf)
{
    private readonly ILookup<int, Dictionary<string, double>> _statements = statements.ToLookup(s => s.Label, s => s.Features);

    /// <summary>The share of the question's weight that the best statement of a label has, 0 to 1.</summary>
    public double Of(Dictionary<string, double> question, int label)
    {
        var (all, best) = (1e-9, 0.0);
        foreach (var (feature, share) in question)
        {
            all += Square(share * weightOf(feature));
        }

        foreach (var statement in _statements[label])
        {
            var met = 0.0;
            foreach (var (feature, share) in question)
            {
                met += statement.ContainsKey(feature) ? Square(share * weightOf(feature)) : 0;
            }

            best = Math.Max(best, met / all);
        }

        return best;
    }

    private static double Square(double value) => value * value;
}
