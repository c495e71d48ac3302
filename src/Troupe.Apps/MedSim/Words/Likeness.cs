namespace Troupe.Apps.MedSim.Words;

/// <summary>How like an utterance is to examples with labels: the cosine of their features (Salton, Wong, Yang 1975), where a feature weighs the more the fewer labels have it.
/// Thread-safe once made.</summary>
internal sealed class Likeness
{
    private const int Nearest = 3;
    private const double BestShare = 0.6;
    private const double UnknownWeight = 0.8;

    private readonly Func<string, double> _weightOf;
    private readonly Dictionary<string, List<(int Example, double Weight)>> _postings = new(StringComparer.Ordinal);
    private readonly List<int> _labels = [];

    public Likeness(IEnumerable<(int Label, Dictionary<string, double> Features)> examples, Func<string, double> weightOf)
    {
        _weightOf = weightOf;
        foreach (var (label, features) in examples)
        {
            var length = Math.Sqrt(features.Sum(f => Square(f.Value * weightOf(f.Key))));
            foreach (var (feature, share) in features)
            {
                if (!_postings.TryGetValue(feature, out var places))
                {
                    _postings[feature] = places = [];
                }

                places.Add((_labels.Count, share * weightOf(feature) / Math.Max(length, 1e-9)));
            }

            _labels.Add(label);
        }
    }

    /// <summary>The likeness to each label that has any, 0 to 1.</summary>
    public Dictionary<int, double> Of(Dictionary<string, double> features)
    {
        var scores = new double[_labels.Count];
        var length = Math.Sqrt(features.Sum(f => Square(f.Value * _weightOf(f.Key))));
        foreach (var (feature, share) in features)
        {
            if (_postings.TryGetValue(feature, out var places))
            {
                var weight = share * _weightOf(feature) / length;
                foreach (var (example, other) in places)
                {
                    scores[example] += weight * other;
                }
            }
        }

        var best = new Dictionary<int, double[]>();
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > 0)
            {
                if (!best.TryGetValue(_labels[i], out var top))
                {
                    best[_labels[i]] = top = new double[Nearest];
                }

                Insert(top, scores[i]);
            }
        }

        return best.ToDictionary(b => b.Key, b => (BestShare * b.Value[0]) + ((1 - BestShare) * b.Value.Average()));
    }

    /// <summary>The weight of each feature, by how evenly it is spread over the labels.</summary>
    public static Func<string, double> WeightsOf(IEnumerable<(int Label, Dictionary<string, double> Features)> examples)
    {
        var counts = new Dictionary<string, Dictionary<int, int>>(StringComparer.Ordinal);
        var labels = new HashSet<int>();
        foreach (var (label, features) in examples)
        {
            labels.Add(label);
            foreach (var feature in features.Keys)
            {
                if (!counts.TryGetValue(feature, out var of))
                {
                    counts[feature] = of = [];
                }

                of[label] = of.GetValueOrDefault(label) + 1;
            }
        }

        var most = Math.Log(1 + labels.Count);
        var weights = counts.ToDictionary(c => c.Key, c => Math.Max(0.02, 1 - (Math.Log(Spread(c.Value)) / most)), StringComparer.Ordinal);
        return feature => weights.TryGetValue(feature, out var weight) ? weight : UnknownWeight;
    }

    /// <summary>Over how many labels it is spread: e to the power of its entropy.</summary>
    private static double Spread(Dictionary<int, int> counts)
    {
        double all = counts.Values.Sum();
        return Math.Exp(-counts.Values.Sum(c => c / all * Math.Log(c / all)));
    }

    private static double Square(double value) => value * value;

    private static void Insert(double[] top, double value)
    {
        for (var i = 0; i < top.Length; i++)
        {
            if (value > top[i])
            {
                (top[i], value) = (value, top[i]);
            }
        }
    }
}
