namespace Troupe.Apps.MedSim.Words;

/// <summary>Takes off the commonest English endings, and makes British and American spellings one.</summary>
internal static class Stemmer
{
    public static string Stem(string word)
    {
        word = Spelling(word);
        word = WithoutPlural(word);
        if (word.Length >= 6 && word.EndsWith("ing", StringComparison.Ordinal) && HasVowel(word.AsSpan(0, word.Length - 3)))
        {
            word = Single(word[..^3]);
        }
        else if (word.Length >= 5 && word.EndsWith("ed", StringComparison.Ordinal) && HasVowel(word.AsSpan(0, word.Length - 2)))
        {
            word = Single(word[..^2]);
        }
        else if (word.Length >= 6 && word.EndsWith("ly", StringComparison.Ordinal))
        {
            word = word[..^2];
        }

        if (word.Length >= 4 && word[^1] == 'e')
        {
            word = word[..^1];
        }

        return word.Length >= 4 && word[^1] == 'y' ? word[..^1] + "i" : word;
    }

    private static string Spelling(string word)
    {
        if (word.Length < 5)
        {
            return word;
        }

        word = word.Replace("aem", "em", StringComparison.Ordinal).Replace("rrhoe", "rrhe", StringComparison.Ordinal)
            .Replace("oedem", "edem", StringComparison.Ordinal).Replace("paed", "ped", StringComparison.Ordinal).Replace("anaes", "anes", StringComparison.Ordinal);
        word = word.StartsWith("oes", StringComparison.Ordinal) ? word[1..] : word;
        return word.EndsWith("our", StringComparison.Ordinal) ? word[..^3] + "or"
            : word.EndsWith("ours", StringComparison.Ordinal) && word.Length > 5 ? word[..^4] + "ors"
            : word;
    }

    private static string WithoutPlural(string word) => word switch
    {
        { Length: > 4 } when word.EndsWith("ies", StringComparison.Ordinal) => word[..^3] + "y",
        { Length: > 4 } when word.EndsWith("sses", StringComparison.Ordinal) || word.EndsWith("ches", StringComparison.Ordinal)
            || word.EndsWith("shes", StringComparison.Ordinal) || word.EndsWith("xes", StringComparison.Ordinal) => word[..^2],
        { Length: > 3 } when word[^1] == 's' && word[^2] is not ('s' or 'u' or 'i') => word[..^1],
        _ => word,
    };

    private static string Single(string word) =>
        word.Length >= 3 && word[^1] == word[^2] && word[^1] is not ('l' or 's' or 'e' or 'o') ? word[..^1] : word;

    private static bool HasVowel(ReadOnlySpan<char> text) => text.IndexOfAny("aeiouy") >= 0;
}
