using System.Collections.Frozen;

namespace Troupe.Apps.MedSim.Words;

/// <summary>What an utterance is compared by: its words, its pairs of words and what they mean, whoever speaks of whom.</summary>
internal static class Features
{
    private const double PairWeight = 0.4;
    private const double MeaningWeight = 0.8;
    private const double ParentWeight = 0.4;

    /// <summary>Forms that differ only by who speaks and when.</summary>
    private static readonly FrozenDictionary<string, string> Same = new[]
    {
        ("have", "has had having got get gets getting"), ("do", "does did doing done"), ("be", "is are was were been being am"), ("you", "he she him i me we us they them"), ("your", "his her my our their"), ("a", "an"),
    }.SelectMany(s => s.Item2.Split(' ').Select(w => (Word: w, Form: s.Item1))).ToFrozenDictionary(s => s.Word, s => s.Form, StringComparer.Ordinal);

    /// <summary>The feature that a word means something.</summary>
    public static string Meaning(string concept) => "=" + concept;

    /// <summary>The features of a text with the share of each.</summary>
    /// <param name="text">What is said.</param>
    /// <param name="mend">Finds the word that was meant by one that nobody knows; null to leave it.</param>
    /// <param name="names">The names of those who speak and are spoken of: as good as "you".</param>
    /// <param name="tokens">The tokens of the text where they are at hand; null to read them.</param>
    public static Dictionary<string, double> Of(string text, Func<string, string>? mend = null, IReadOnlySet<string>? names = null, List<Token>? tokens = null)
    {
        var features = new Dictionary<string, double>(StringComparer.Ordinal);
        var before = "";
        foreach (var word in SpokenWords.Of(text))
        {
            if (names?.Contains(word.Text) == true)
            {
                continue;
            }

            var stem = Stemmer.Stem(Same.GetValueOrDefault(word.Text, word.Text));
            stem = mend?.Invoke(stem) ?? stem;
            features.TryAdd(stem, 1);
            if (before.Length > 0)
            {
                features.TryAdd($"{before} {stem}", PairWeight);
            }

            before = stem;
        }

        foreach (var concept in (tokens ?? Speech.Read(text, mend)).SelectMany(t => t.Concepts))
        {
            features[Meaning(concept.Name)] = MeaningWeight;
            if (concept.Parent is { } parent)
            {
                features.TryAdd(Meaning(parent), ParentWeight);
            }
        }

        return features;
    }

    /// <summary>The features, each as much as it tells.</summary>
    public static Dictionary<string, double> Weighed(Dictionary<string, double> features, Func<string, double> weightOf) =>
        features.ToDictionary(f => f.Key, f => f.Value * weightOf(f.Key), StringComparer.Ordinal);
}
