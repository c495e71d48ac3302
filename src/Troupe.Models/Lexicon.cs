using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Troupe.Models;

/// <summary>Words as the offline model compares them: lower case, without endings, without those that carry no meaning.</summary>
internal static partial class Lexicon
{
    private static readonly FrozenSet<string> Empty = new[]
    {
        "a", "an", "the", "is", "are", "was", "were", "be", "been", "am", "do", "does", "did", "have", "has", "had", "i", "you", "he", "she", "it",
        "we", "they", "me", "him", "her", "us", "them", "my", "your", "his", "its", "our", "their", "and", "or", "but", "if", "of", "to", "in", "on",
        "at", "for", "with", "by", "from", "about", "as", "that", "this", "these", "those", "what", "which", "who", "whom", "whose", "where", "when",
        "why", "how", "can", "could", "will", "would", "shall", "should", "may", "might", "must", "not", "no", "so", "than", "then", "there", "here",
        "please", "tell", "say", "know", "any", "some", "all", "just", "also", "very", "too", "s", "t", "m", "re", "ve", "ll", "d",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static List<string> Words(string text)
    {
        var words = new List<string>();
        foreach (var match in Word.EnumerateMatches(text))
        {
            var word = text.Substring(match.Index, match.Length).ToLowerInvariant();
            if (!Empty.Contains(word))
            {
                words.Add(Stem(word));
            }
        }

        return words;
    }

    [GeneratedRegex(@"[\p{L}\p{N}]+", RegexOptions.None, 1000)]
    private static partial Regex Word { get; }

    /// <summary>Takes off the commonest English endings, so that "sessions" meets "session" and "saved" meets "saves".</summary>
    private static string Stem(string word)
    {
        foreach (var (ending, least) in (ReadOnlySpan<(string, int)>)[("ing", 6), ("ies", 5), ("ied", 5), ("ed", 5), ("es", 5), ("s", 4), ("e", 4)])
        {
            if (word.Length >= least && word.EndsWith(ending, StringComparison.Ordinal) && !word.EndsWith("ss", StringComparison.Ordinal))
            {
                return word[..^ending.Length];
            }
        }

        return word;
    }
}
