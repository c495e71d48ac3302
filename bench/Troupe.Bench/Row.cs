namespace Troupe.Bench;

/// <summary>One measured figure.</summary>
/// <param name="Scenario">What was done.</param>
/// <param name="Figure">What was measured.</param>
/// <param name="Value">The median of the runs.</param>
/// <param name="Unit">Its unit; empty for a ratio.</param>
/// <param name="Low">The least of the runs.</param>
/// <param name="High">The most of the runs.</param>
/// <param name="Mark">What was to be reached, in words; null for a figure without a mark.</param>
/// <param name="Met">Whether it was; null without a mark.</param>
/// <param name="At">When.</param>
public sealed record Row(string Scenario, string Figure, double Value, string Unit, double Low, double High, string? Mark, bool? Met, DateTimeOffset At)
{
    public static Row Of(string scenario, string figure, string unit, IReadOnlyCollection<double> runs, string? mark = null, Func<double, bool>? isMet = null)
    {
        var value = Median(runs);
        return new(scenario, figure, value, unit, runs.Min(), runs.Max(), mark, isMet?.Invoke(value), TimeProvider.System.GetUtcNow());
    }

    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
