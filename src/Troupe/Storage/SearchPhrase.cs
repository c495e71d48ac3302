using System.Text;

namespace Troupe.Storage;

/// <summary>Words that are searched as they stand. Letter case is ignored for ASCII; letters beyond it are found as they are given, all small, all
/// capital, or small behind a capital beginning of each word. Immutable.</summary>
public sealed class SearchPhrase
{
    /// <summary>How many ways of writing there are at most.</summary>
    public const int MaxForms = 4;

    private const int ExcerptLength = 160;

    private readonly string[] _folded;

    /// <summary>Prepares a search.</summary>
    /// <param name="text">What is searched, not empty.</param>
    public SearchPhrase(string text)
    {
        Forms = [.. new[] { text, text.ToLowerInvariant(), text.ToUpperInvariant(), Capitalize(text) }.DistinctBy(Fold, StringComparer.Ordinal)];
        _folded = [.. Forms.Select(Fold)];
    }

    /// <summary>The ways in which the words may be written, but for the case of ASCII letters; at least one.</summary>
    public IReadOnlyList<string> Forms { get; }

    /// <summary>Whether a text has the words.</summary>
    public bool IsIn(string? text) => text is not null && Find(text) >= 0;

    /// <summary>The place of the words in a text with about 160 characters of it, cut between words, with an ellipsis where something is left out and
    /// with each run of white space as one space.</summary>
    public string Excerpt(string text)
    {
        var at = Math.Max(0, Find(text));
        var end = Math.Min(text.Length, at + _folded[0].Length);
        var spare = Math.Max(0, ExcerptLength - (end - at));
        var from = Math.Max(0, Math.Min(at - (spare / 2), text.Length - ExcerptLength));
        var to = Math.Min(text.Length, Math.Max(end, from + ExcerptLength));
        from = from == 0 ? 0 : WordBegin(text, from, at);
        to = to == text.Length ? to : WordEnd(text, end, to);
        return $"{(from > 0 ? "…" : "")}{Joined(text.AsSpan(from, to - from))}{(to < text.Length ? "…" : "")}";
    }

    private int Find(string text)
    {
        var folded = Fold(text);
        var first = -1;
        foreach (var form in _folded)
        {
            var at = folded.IndexOf(form, StringComparison.Ordinal);
            first = at >= 0 && (first < 0 || at < first) ? at : first;
        }

        return first;
    }

    /// <summary>The first word that begins in a stretch; its beginning where it is all one word.</summary>
    private static int WordBegin(string text, int from, int before)
    {
        for (var i = from; i <= before; i++)
        {
            if (char.IsWhiteSpace(text[i - 1]))
            {
                return i;
            }
        }

        return char.IsLowSurrogate(text[from]) && from < before ? from + 1 : from;
    }

    /// <summary>The end of the last word that ends in a stretch; its end where it is all one word.</summary>
    private static int WordEnd(string text, int after, int to)
    {
        for (var i = to; i >= after; i--)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                return i;
            }
        }

        return char.IsLowSurrogate(text[to]) && to > after ? to - 1 : to;
    }

    private static string Joined(ReadOnlySpan<char> text)
    {
        var joined = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
            {
                joined.Append(c);
            }
            else if (joined.Length > 0 && joined[^1] != ' ')
            {
                joined.Append(' ');
            }
        }

        return joined.ToString().TrimEnd(' ');
    }

    private static string Capitalize(string text) => string.Create(text.Length, text, static (capitalized, text) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            capitalized[i] = i == 0 || !char.IsLetter(text[i - 1]) ? char.ToUpperInvariant(text[i]) : char.ToLowerInvariant(text[i]);
        }
    });

    // ASCII letters only, as databases do it.
    private static string Fold(string text) => string.Create(text.Length, text, static (folded, text) =>
    {
        for (var i = 0; i < folded.Length; i++)
        {
            folded[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
        }
    });
}
