using System.Numerics;
using System.Runtime.InteropServices;

namespace Troupe.Apps.MedSim.Words;

/// <summary>Learns from examples which label an utterance has: multinomial logistic regression over normed features, by stochastic gradient descent with a step
/// of its own for each weight (AdaGrad: Duchi, Hazan, Singer 2011), always in the same order. Thread-safe once made.</summary>
internal sealed class Classifier
{
    private const int Rounds = 20;
    private const float Step = 0.5f;
    private const float Decay = 1e-4f;
    private const float Least = 1e-3f;
    private const int Unknown = -1;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<Vector<float>[]> _weights = [];
    private readonly int _labels;
    private readonly int _width;

    /// <param name="examples">Their labels, from 0 on, and their features with the weight of each.</param>
    /// <param name="labels">How many labels there are.</param>
    /// <param name="keepsRare">Whether words that one example alone has are learned: where examples are few. Pairs of them are not.</param>
    public Classifier(IReadOnlyList<(int Label, Dictionary<string, double> Features)> examples, int labels, bool keepsRare = false)
    {
        _labels = labels;
        _width = (labels + Vector<float>.Count - 1) / Vector<float>.Count;
        var once = examples.SelectMany(e => e.Features.Keys).Where(f => !keepsRare || f.Contains(' ', StringComparison.Ordinal)).CountBy(f => f, StringComparer.Ordinal).Where(f => f.Value == 1).Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var vectors = examples.Select(e => (e.Label, Vector: Normed(e.Features, f => once.Contains(f) ? Unknown : PlaceOf(f)))).ToArray();
        var squares = _weights.ConvertAll(_ => new Vector<float>[_width]);
        var wrong = new Vector<float>[_width];

        // A stride that shares no factor with their number visits each example once, and none after its neighbour.
        var stride = StrideOf(vectors.Length);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < vectors.Length; i++)
            {
                var (label, vector) = vectors[(int)((long)i * stride % vectors.Length)];
                Score(vector, wrong);
                MemoryMarshal.Cast<Vector<float>, float>(wrong.AsSpan())[label] -= 1;
                foreach (var (place, share) in vector)
                {
                    Learn(_weights[place], squares[place], wrong, share);
                }
            }
        }
    }

    /// <summary>How likely each label is, 0 to 1, 1 together; all alike for features that no example has.</summary>
    public float[] Of(Dictionary<string, double> features)
    {
        var scores = new Vector<float>[_width];
        Score(Normed(features, f => _places.GetValueOrDefault(f, Unknown)), scores);
        return MemoryMarshal.Cast<Vector<float>, float>(scores.AsSpan())[.._labels].ToArray();
    }

    private static void Learn(Vector<float>[] weights, Vector<float>[] squares, Vector<float>[] wrong, float share)
    {
        for (var l = 0; l < wrong.Length; l++)
        {
            var slope = (wrong[l] * share) + (weights[l] * Decay);
            squares[l] += slope * slope;
            weights[l] -= slope * Step / (Vector.SquareRoot(squares[l]) + new Vector<float>(Least));
        }
    }

    private void Score((int Place, float Share)[] vector, Vector<float>[] scores)
    {
        Array.Clear(scores);
        foreach (var (place, share) in vector)
        {
            var weights = _weights[place];
            for (var l = 0; l < scores.Length; l++)
            {
                scores[l] += weights[l] * share;
            }
        }

        var flat = MemoryMarshal.Cast<Vector<float>, float>(scores.AsSpan());
        var most = float.MinValue;
        foreach (var score in flat[.._labels])
        {
            most = MathF.Max(most, score);
        }

        var all = 0f;
        foreach (ref var score in flat[.._labels])
        {
            all += score = MathF.Exp(score - most);
        }

        foreach (ref var score in flat[.._labels])
        {
            score /= all;
        }
    }

    private int PlaceOf(string feature)
    {
        if (!_places.TryGetValue(feature, out var place))
        {
            _places[feature] = place = _weights.Count;
            _weights.Add(new Vector<float>[_width]);
        }

        return place;
    }

    /// <summary>The known features, of a length of 1 together with the unknown.</summary>
    private static (int Place, float Share)[] Normed(Dictionary<string, double> features, Func<string, int> placeOf)
    {
        var length = Math.Max(1e-9, Math.Sqrt(features.Values.Sum(v => v * v)));
        return [.. features.Select(f => (Place: placeOf(f.Key), Share: (float)(f.Value / length))).Where(f => f.Place != Unknown)];
    }

    private static int StrideOf(int count)
    {
        var stride = Math.Max(1, (int)(count * 0.618));
        while (BigInteger.GreatestCommonDivisor(stride, count) != 1)
        {
            stride++;
        }

        return stride;
    }
}
