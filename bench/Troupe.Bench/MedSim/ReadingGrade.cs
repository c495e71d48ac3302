using Troupe.Apps.MedSim.Words;

namespace Troupe.Bench.MedSim;

/// <summary>The Flesch–Kincaid grade (Kincaid and others 1975), with syllables counted as groups of vowels.</summary>
internal static class ReadingGrade
{
    public static double Of(string text)
    {
        var words = SpokenWords.Of(text);
        var sentences = Math.Max(1, Speech.Sentences(text).Count);
        return words.Count == 0 ? 0 : (0.39 * words.Count / sentences) + (11.8 * words.Sum(w => Syllables(w.Text)) / words.Count) - 15.59;
    }

    private static int Syllables(string word)
    {
        var count = 0;
        for (var i = 0; i < word.Length; i++)
        {
            count += IsVowel(word[i]) && (i == 0 || !IsVowel(word[i - 1])) ? 1 : 0;
        }

        return Math.Max(1, word.Length > 2 && word[^1] == 'e' && !IsVowel(word[^2]) && word[^2] != 'l' ? count - 1 : count);
    }

    private static bool IsVowel(char letter) => letter is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';
}
