using System.Collections.Frozen;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>A sentence word by word, to see whether another says it with one word turned round: a denial dropped or put in, another number, side or day.</summary>
internal sealed class Wording
{
    /// <summary>How many words on either side of a place are looked at, and how many after it where those say nothing.</summary>
    private const int Around = 2;
    private const int MostAfter = 6;

    /// <summary>How many words must agree around a place, an end of the sentence counted as one.</summary>
    private const int Enough = 3;

    /// <summary>How far back a denial reaches.</summary>
    private const int Reach = 6;

    private static readonly FrozenSet<string> Negators = Set("no not never none nothing without neither nor nobody");

    /// <summary>Words that may stand where a denial stood and change nothing.</summary>
    private static readonly FrozenSet<string> Soft = Set("any or nor and hardly barely rarely scarcely seldom a an");

    /// <summary>Words that stand in any sentence: alone around a place they say nothing of what it is about.</summary>
    private static readonly FrozenSet<string> Bare = Set(
        "i you he she it we they me him her us them my your his its our their a an the this that there here is are was were be been am do doe did have has had ha of to in on at for with from by and or but so as if when "
        + "just even reali veri quit too also well get got can could will would should might may ever much any some all one");

    private static readonly FrozenSet<string> Leads = Set("no yes well um oh hmm right sorry ok okay yeah aye nope");

    /// <summary>Words of which another is another thing.</summary>
    private static readonly FrozenDictionary<string, int> Kinds = new[]
    {
        "second minute hour day night week fortnight month year decade", "left right both", "upper lower", "monday tuesday wednesday thursday friday saturday sunday", "morning afternoon evening noon midnight",
        "january february march april june july august september october november december", "spring summer autumn winter", "father mother brother sister son daughter uncle aunt grandfather grandmother dad mum husband wife cousin",
        "always never often sometimes rarely", "sudden gradual", "suddenly gradually", "better worse", "sharp dull", "before after", "more less", "hot cold", "black white red yellow green blue brown", "yesterday today tomorrow", "first second third last",
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred",
    }.SelectMany((words, kind) => words.Split(' ').Select(w => (Stem: Stemmer.Stem(w), kind))).GroupBy(w => w.Stem, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.First().kind, StringComparer.Ordinal);

    private readonly List<string> _words = [];
    private readonly HashSet<int> _clauses = [];

    public Wording(string text)
    {
        var spoken = SpokenWords.Of(text);
        for (var i = 0; i < spoken.Count; i++)
        {
            var endsClause = spoken[i].End < text.Length && text[spoken[i].End] is ',' or ';' or ':' or '.' or '—' or '–';
            if (_words.Count == 0 && endsClause && Leads.Contains(spoken[i].Text))
            {
                continue;
            }

            if (spoken[i].Text == "cannot")
            {
                _words.AddRange(["can", "not"]);
            }
            else if (spoken[i].Text is "do" or "does" or "did" && i + 1 < spoken.Count && spoken[i + 1].Text == "not")
            {
                // What is denied with it is affirmed without it.
                continue;
            }
            else
            {
                _words.Add(Negators.Contains(spoken[i].Text) ? spoken[i].Text : Stemmer.Stem(spoken[i].Text));
            }

            if (endsClause)
            {
                _clauses.Add(_words.Count);
            }
        }
    }

    /// <summary>Whether the other says this with one word turned round.</summary>
    public bool IsTurnedIn(Wording other) => Drops(this, other) || Drops(other, this) || Swaps(other);

    /// <summary>Whether a denial of one is missing in the other.</summary>
    private static bool Drops(Wording denied, Wording plain)
    {
        for (var i = 0; i < denied._words.Count - 1; i++)
        {
            if (!Negators.Contains(denied._words[i]) || denied.IsDeniedBefore(i))
            {
                continue;
            }

            var places = denied.Places(plain, i, mayClose: true);
            if (!places.Exists(p => p.Between is { } word && Negators.Contains(word)) && places.Exists(p => (p.Between is null || !Soft.Contains(p.Between)) && !plain.IsDeniedAbout(p.At)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a word of a kind stands in the other as another of that kind.</summary>
    private bool Swaps(Wording other)
    {
        for (var i = 0; i < _words.Count; i++)
        {
            if (KindOf(_words[i]) is { } kind && Places(other, i, mayClose: false) is { Count: > 0 } places && places.TrueForAll(p => KindOf(p.Between!) == kind && p.Between != _words[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static int? KindOf(string word) => Kinds.TryGetValue(word, out var kind) ? kind : int.TryParse(word, out _) ? Kinds["two"] : null;

    private bool IsDeniedAbout(int at) => IsDeniedBefore(at) || _words.Take(at + Around + Around).Skip(at).Any(Negators.Contains);

    private bool IsDeniedBefore(int at)
    {
        for (var i = at - 1; i >= Math.Max(0, at - Reach) && !_clauses.Contains(i + 1) && _words[i] is not ("but" or "and"); i--)
        {
            if (Negators.Contains(_words[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The places of the other where the words around one of mine stand, with the word between them; null where nothing stands there, which counts where it may.</summary>
    private List<(int At, string? Between)> Places(Wording other, int i, bool mayClose)
    {
        var (from, to) = (Math.Max(0, i - Around), Math.Min(_words.Count, i + 1 + Around));
        var isBare = _words.Take(i).Skip(from).All(Bare.Contains) || mayClose;
        while (isBare && to < _words.Count && to - i <= MostAfter && _words.Take(to).Skip(i + 1).All(Bare.Contains))
        {
            to++;
        }

        var (left, right) = (i - from, to - i - 1);
        var places = new List<(int, string?)>();
        if (isBare && _words.Take(to).Skip(i + 1).All(Bare.Contains))
        {
            return places;
        }

        for (var at = left; at <= other._words.Count - right; at++)
        {
            for (var length = mayClose ? 0 : 1; length <= 1 && at + length + right <= other._words.Count; length++)
            {
                var agreed = left + right + (from == 0 && at - left == 0 ? 1 : 0) + (to == _words.Count && at + length + right == other._words.Count ? 1 : 0);
                if (agreed >= Enough && Same(other, from, at - left, left) && Same(other, i + 1, at + length, right))
                {
                    places.Add((at, length == 0 ? null : other._words[at]));
                }
            }
        }

        return places;
    }

    private bool Same(Wording other, int mine, int theirs, int count)
    {
        for (var n = 0; n < count; n++)
        {
            if (_words[mine + n] != other._words[theirs + n])
            {
                return false;
            }
        }

        return true;
    }

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
