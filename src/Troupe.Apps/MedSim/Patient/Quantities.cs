using System.Collections.Frozen;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Numbers in a text, in figures or in words, with the word that says of what.</summary>
internal static class Quantities
{
    private static readonly FrozenDictionary<string, string> Written = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["two"] = "2",
        ["three"] = "3",
        ["four"] = "4",
        ["five"] = "5",
        ["six"] = "6",
        ["seven"] = "7",
        ["eight"] = "8",
        ["nine"] = "9",
        ["ten"] = "10",
        ["eleven"] = "11",
        ["twelve"] = "12",
        ["thirteen"] = "13",
        ["fourteen"] = "14",
        ["fifteen"] = "15",
        ["sixteen"] = "16",
        ["seventeen"] = "17",
        ["eighteen"] = "18",
        ["nineteen"] = "19",
        ["twenty"] = "20",
        ["thirty"] = "30",
        ["forty"] = "40",
        ["fifty"] = "50",
        ["sixty"] = "60",
        ["seventy"] = "70",
        ["eighty"] = "80",
        ["ninety"] = "90",
        ["hundred"] = "100",
        ["dozen"] = "12",
        ["twice"] = "2",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<(string Number, string Unit)> In(string text)
    {
        var words = SpokenWords.Of(text);
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i].Text;
            var number = Written.GetValueOrDefault(word) ?? (char.IsDigit(word[0]) ? word.TrimEnd('.', ',') : null);
            if (number is null)
            {
                continue;
            }

            // Fifty-nine is one number.
            if (number.Length == 2 && number[1] == '0' && i + 1 < words.Count && Written.TryGetValue(words[i + 1].Text, out var ones) && ones.Length == 1)
            {
                number = $"{number[0]}{ones}";
                i++;
            }

            yield return (number, i + 1 < words.Count ? Stemmer.Stem(words[i + 1].Text) : "");
        }
    }
}
