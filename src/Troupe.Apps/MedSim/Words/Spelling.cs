namespace Troupe.Apps.MedSim.Words;

/// <summary>Finds the word that was meant by one that nobody knows: at most one slip in a word of five letters or more, two in one of nine or more.</summary>
internal sealed class Spelling
{
    private readonly HashSet<string> _known;
    private readonly ILookup<char, string> _byFirst;

    public Spelling(IEnumerable<string> stems)
    {
        _known = new(stems, StringComparer.Ordinal);
        _byFirst = _known.Where(s => s.Length >= 4 && !s.Contains(' ', StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToLookup(s => s[0]);
    }

    public string Mend(string stem)
    {
        if (stem.Length < 5 || _known.Contains(stem) || stem.Any(char.IsDigit))
        {
            return stem;
        }

        var most = stem.Length >= 8 ? 2 : 1;
        var (best, distance) = (stem, most + 1);
        foreach (var known in _byFirst[stem[0]])
        {
            if (Math.Abs(known.Length - stem.Length) <= Math.Min(distance, most) && known.Length >= 4 && Distance(stem, known, distance) is var d && (d < distance || (d == distance && d <= most && IsTransposed(stem, known) && !IsTransposed(stem, best))))
            {
                (best, distance) = (known, d);
            }
        }

        return best;
    }

    /// <summary>Whether one has the letters of the other in another order: the likelier slip of two.</summary>
    private static bool IsTransposed(string a, string b) => a.Length == b.Length && a.Order().SequenceEqual(b.Order());

    /// <summary>How many letters differ, are missing, are too many or have changed places (Damerau 1964, neighbours only); more than the most is only said to be more.</summary>
    public static int Distance(string a, string b, int most)
    {
        var before = new int[b.Length + 1];
        var last = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            var least = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }

                least = Math.Min(least, row[j]);
            }

            if (least > most)
            {
                return most + 1;
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
