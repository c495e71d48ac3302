using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>Finds the word that was meant by one that nobody knows, in names of tests and examinations. Where two words that mean different things are as
/// near, and where words are alike but opposite, it leaves the slip as it is. Thread-safe.</summary>
internal sealed class TestSpelling
{
    private const int Shortest = 4;
    private const int Long = 8;
    private const int ShortestPart = 3;

    private static readonly (string, string)[] Opposites = [("hyper", "hypo"), ("intra", "inter"), ("macro", "micro"), ("pre", "pro"), ("ab", "ad")];

    private readonly HashSet<string> _known;
    private readonly ILookup<char, string> _byFirst;

    public TestSpelling(IEnumerable<string> stems)
    {
        _known = new(stems, StringComparer.Ordinal);
        _byFirst = _known.Where(s => s.Length >= Shortest && !s.Any(char.IsDigit)).Order(StringComparer.Ordinal).ToLookup(s => s[0]);
    }

    public bool Knows(string stem) => _known.Contains(stem);

    /// <summary>The words that were meant by what was written as one.</summary>
    public IEnumerable<string> Mend(string stem)
    {
        if (stem.Length < Shortest || _known.Contains(stem) || CommonWords.Stems.Contains(stem) || stem.Any(char.IsDigit))
        {
            return [stem];
        }

        var most = stem.Length >= Long ? 2 : 1;
        List<string> best = [];
        foreach (var known in _byFirst[stem[0]].Where(k => MayBe(stem, k)))
        {
            var distance = Math.Abs(known.Length - stem.Length) > most ? most + 1 : Spelling.Distance(stem, known, most);
            if (distance < most || (distance == most && best.Count == 0))
            {
                best.RemoveAll(_ => distance < most);
                most = distance;
                best.Add(known);
            }
            else if (distance == most)
            {
                best.Add(known);
            }
        }

        return best.Count > 0 && best.TrueForAll(b => Form(b) == Form(best[0])) ? [best[0]] : Apart(stem);
    }

    /// <summary>Two words that were written as one.</summary>
    private IEnumerable<string> Apart(string stem)
    {
        for (var i = 2; i <= stem.Length - ShortestPart; i++)
        {
            if ((i >= ShortestPart || stem.StartsWith("ct", StringComparison.Ordinal) || stem.StartsWith("us", StringComparison.Ordinal)) && _known.Contains(stem[..i]) && _known.Contains(stem[i..]))
            {
                return [stem[..i], stem[i..]];
            }
        }

        return [stem];
    }

    /// <summary>Short words differ too little: there, letters may only have changed places, or one be left out of a longer word.</summary>
    private static bool MayBe(string stem, string known) =>
        !Array.Exists(Opposites, o => (stem.StartsWith(o.Item1, StringComparison.Ordinal) && known.StartsWith(o.Item2, StringComparison.Ordinal)) || (stem.StartsWith(o.Item2, StringComparison.Ordinal) && known.StartsWith(o.Item1, StringComparison.Ordinal)))
        && (stem.Length > Shortest || (stem.Length == known.Length ? stem.Order().SequenceEqual(known.Order()) : known.Length == stem.Length + 1));

    private static string Form(string stem) => string.Join(' ', TestName.KeyOf([stem]));
}
