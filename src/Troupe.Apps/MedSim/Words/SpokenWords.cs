namespace Troupe.Apps.MedSim.Words;

/// <summary>The words of a text as they are compared: lower case, short forms written out.</summary>
internal static class SpokenWords
{
    private static readonly (string Ending, string Instead)[] ShortForms =
    [
        ("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am"), ("'d", "would"),
    ];

    /// <param name="Text">The word.</param>
    /// <param name="Start">Where it begins.</param>
    /// <param name="End">Where it ends.</param>
    internal readonly record struct Word(string Text, int Start, int End);

    public static List<Word> Of(string text)
    {
        var words = new List<Word>();
        for (var i = 0; i < text.Length;)
        {
            if (!IsPart(text, i))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && IsPart(text, i))
            {
                i++;
            }

            Add(words, text[start..i].ToLowerInvariant().Replace('’', '\''), start, i);
        }

        return words;
    }

    /// <summary>The words of a text alone, as texts are compared whole.</summary>
    public static string Fold(string text) => string.Join(' ', Of(text).Select(w => w.Text));

    /// <summary>Letters and digits, and what joins them inside a word.</summary>
    private static bool IsPart(string text, int i) =>
        char.IsLetterOrDigit(text[i]) || (text[i] is '\'' or '’' && i > 0 && i + 1 < text.Length && char.IsLetter(text[i - 1]) && char.IsLetter(text[i + 1]))
        || (text[i] is '.' or ',' && i > 0 && i + 1 < text.Length && char.IsDigit(text[i - 1]) && char.IsDigit(text[i + 1]));

    private static void Add(List<Word> words, string word, int start, int end)
    {
        foreach (var (ending, instead) in ShortForms)
        {
            if (word.EndsWith(ending, StringComparison.Ordinal) && word.Length > ending.Length)
            {
                var before = word[..^ending.Length];
                words.Add(new(before == "ca" ? "can" : before == "wo" ? "will" : before, start, end));
                words.Add(new(instead, start, end));
                return;
            }
        }

        if (word.EndsWith("'s", StringComparison.Ordinal))
        {
            word = word[..^2];
        }

        words.Add(new(word.Replace("'", "", StringComparison.Ordinal), start, end));
    }
}
