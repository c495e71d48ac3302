using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>The words and phrases that a patient must never say.</summary>
internal sealed class SecretWords
{
    private readonly List<(string[] Stems, string Said)> _phrases;

    private SecretWords(IEnumerable<string> phrases) =>
        _phrases = [.. phrases.Select(p => (Stems(p), p)).Where(p => p.Item1.Length > 0).DistinctBy(p => string.Join(' ', p.Item1), StringComparer.Ordinal)];

    /// <summary>The secrets of a case: its own list, the diagnosis and its accepted names, and those of the differentials that no fact says.</summary>
    public static SecretWords Of(PatientCase read)
    {
        var facts = string.Join('\n', read.Facts.Select(f => f.Text).Append(read.Patient.Opening).Append(read.Title));
        var others = new SecretWords(read.Diagnosis.Partial.Concat(read.Diagnosis.Differentials.SelectMany(d => d.Accepted.Append(d.Name))));
        return new SecretWords(
        [
            .. read.Diagnosis.Secrets, read.Diagnosis.Name, .. read.Diagnosis.Accepted,
            .. others._phrases.Where(p => Find(Stems(facts), p.Stems) < 0).Select(p => p.Said),
        ]);
    }

    /// <summary>The first secret in a text, or null.</summary>
    public string? FirstIn(string text)
    {
        var stems = Stems(text);
        return _phrases.Find(p => Find(stems, p.Stems) >= 0).Said;
    }

    private static int Find(string[] text, string[] phrase) => text.AsSpan().IndexOf(phrase);

    private static string[] Stems(string text) => [.. SpokenWords.Of(text).Select(w => Stemmer.Stem(w.Text))];
}
