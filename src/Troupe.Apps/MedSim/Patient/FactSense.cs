using System.Collections.Frozen;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>What a fact says, to hold a reply against.</summary>
internal sealed class FactSense
{
    private static readonly string[][] Opposites =
    [
        ["left", "right"], ["better", "wors", "worse"], ["sudden", "gradual"], ["sharp", "dull"], ["constant", "come and go"], ["yesterdai", "todai"], ["today", "yesterday", "week"],
        ["father", "mother"], ["brother", "sister"], ["mum", "dad"], ["alon", "wife", "husband"], ["minut", "hour", "day", "week", "month", "year"], ["upper", "lower"], ["alwai", "never"], ["often", "never"],
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], ["mondai", "tuesdai", "wednesdai", "thursdai", "fridai", "saturdai", "sundai"],
    ];

    private readonly List<Token> _tokens;
    private readonly List<Token> _about;
    private readonly HashSet<string> _stems;
    private readonly FrozenSet<string> _sentences;
    private readonly List<Wording> _wordings;

    private const int MinEnd = 12;
    private const int MaxManner = 32;

    public FactSense(string id, string text, string about)
    {
        Id = id;
        _tokens = Speech.Read(text);
        _about = Speech.Read(about);
        _stems = SpokenWords.Of(text).Select(w => Stemmer.Stem(w.Text)).ToHashSet(StringComparer.Ordinal);
        _sentences = Speech.Sentences(text).Append(text).Select(SpokenWords.Fold).ToFrozenSet(StringComparer.Ordinal);
        _wordings = Speech.Sentences(text).ConvertAll(s => new Wording(s));
        Numbers = Quantities.In(text).Select(q => q.Number).ToFrozenSet(StringComparer.Ordinal);
        Quantity = [.. Quantities.In(text)];
    }

    public string Id { get; }

    public FrozenSet<string> Numbers { get; }

    public List<(string Number, string Unit)> Quantity { get; }

    /// <summary>Whether the sentence is the fact's own, or its end behind a word or two of the patient's manner.</summary>
    public bool Says(ReplyCheck.Sentence sentence) =>
        _sentences.Contains(sentence.Folded)
        || _sentences.Any(s => s.Length >= MinEnd && sentence.Folded.EndsWith(s, StringComparison.Ordinal) && sentence.Folded.Length - s.Length <= MaxManner && !IsDenied(sentence.Folded.AsSpan(0, sentence.Folded.Length - s.Length)));

    /// <summary>Whether the sentence is the fact's own with one word turned round.</summary>
    public bool IsTurnedIn(ReplyCheck.Sentence sentence) => _wordings.Exists(w => w.IsTurnedIn(sentence.Wording));

    /// <summary>How much of what the sentence says is the fact's, and the other way about, the larger of the two, 0 to 1.</summary>
    public double NearnessOf(ReplyCheck.Sentence sentence)
    {
        if (sentence.Tokens.Count == 0 || _tokens.Count == 0)
        {
            return 0;
        }

        var mine = _tokens.Sum(t => sentence.Tokens.Max(s => s.Meets(t))) / _tokens.Count;
        var theirs = sentence.Tokens.Sum(s => _tokens.Max(t => t.Meets(s))) / sentence.Tokens.Count;
        return Math.Max(mine, theirs * (sentence.Tokens.Count >= 2 ? 1 : 0.6));
    }

    public int SharedOf(ReplyCheck.Sentence sentence) => sentence.Tokens.Count(s => _tokens.Exists(t => t.Meets(s) >= 0.9));

    public bool Mentions(Token token) => _tokens.Exists(t => token.AnsweredBy(t) >= 0.6) || _about.Exists(t => t.Meets(token) >= 0.9);

    /// <summary>Whether the fact says the very word.</summary>
    public bool Names(Token token) => token.Stems.Any(_stems.Contains);

    /// <summary>Whether the fact says that it is so.</summary>
    public bool Affirms(Token token) => _tokens.Exists(t => !t.Negated && t.Meets(token) >= 0.9);

    /// <summary>Whether the sentence says the opposite of a thing that the fact says, or another number, side or time.</summary>
    public bool Contradicts(ReplyCheck.Sentence sentence)
    {
        foreach (var said in sentence.Tokens)
        {
            foreach (var mine in _tokens)
            {
                if (said.Negated != mine.Negated && said.Meets(mine) >= 0.9 && !_tokens.Exists(t => t.Negated == said.Negated && t.Meets(said) >= 0.9) && !sentence.Tokens.Exists(t => t.Negated == mine.Negated && t.Meets(mine) >= 0.9))
                {
                    return true;
                }
            }
        }

        if (NearnessOf(sentence) < 0.5)
        {
            return false;
        }

        if (sentence.Numbers.Exists(n => !Numbers.Contains(n.Number) && Quantity.Exists(q => q.Unit == n.Unit || Quantity.Count == 1)))
        {
            return true;
        }

        var stems = SpokenWords.Of(sentence.Text).Select(w => Stemmer.Stem(w.Text)).ToHashSet(StringComparer.Ordinal);
        foreach (var set in Opposites)
        {
            if (set.Any(_stems.Contains) && set.Any(s => stems.Contains(s) && !_stems.Contains(s)) && !set.Any(s => stems.Contains(s) && _stems.Contains(s)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsDenied(ReadOnlySpan<char> manner) => manner.Contains("not ", StringComparison.Ordinal) || manner.Contains("never ", StringComparison.Ordinal);
}
