using System.Collections.Frozen;

namespace Troupe.Apps.MedSim.Words;

/// <summary>The table of everyday and medical words, read once from the program itself. Thread-safe.</summary>
internal sealed class WordTable
{
    private const int MaxPhrase = 6;

    private readonly FrozenDictionary<string, Meaning> _phrases;
    private readonly FrozenSet<string> _known;

    private WordTable(IEnumerable<string> lines)
    {
        var phrases = new Dictionary<string, Meaning>(StringComparer.Ordinal);
        foreach (var line in lines.Where(l => l.Length > 0 && l[0] != '#'))
        {
            var head = line.IndexOf(':', StringComparison.Ordinal);
            var parent = line.LastIndexOf('>');
            var concept = new Concept(line[2..head], KindOf(line[0]), parent < 0 ? null : line[(parent + 1)..].Trim());
            foreach (var said in line[(head + 1)..(parent < 0 ? line.Length : parent)].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var jargon = said[0] == '*';
                var key = string.Join(' ', SpokenWords.Of(said.TrimStart('*')).Select(w => Stemmer.Stem(w.Text)));
                var former = phrases.GetValueOrDefault(key);
                phrases[key] = new Meaning(former is null ? [concept] : former.Concepts.Contains(concept) ? former.Concepts : [.. former.Concepts, concept], jargon || former?.IsJargon == true);
            }
        }

        _phrases = phrases.ToFrozenDictionary(StringComparer.Ordinal);
        _known = phrases.Keys.SelectMany(k => k.Split(' ')).ToFrozenSet(StringComparer.Ordinal);
    }

    public static WordTable Usual { get; } = Read();

    /// <summary>Whether the stem occurs in the table.</summary>
    public bool Knows(string stem) => _known.Contains(stem);

    public IEnumerable<string> Stems => _known;

    /// <summary>What the longest run of stems from a place on means, and how many they are; null where none means anything.</summary>
    public (Meaning Meaning, int Length)? Find(ReadOnlySpan<string> stems)
    {
        var lookup = _phrases.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = Math.Min(MaxPhrase, stems.Length); length > 0; length--)
        {
            if (lookup.TryGetValue(length == 1 ? stems[0] : string.Join(' ', stems[..length]), out var meaning))
            {
                return (meaning, length);
            }
        }

        return null;
    }

    private static WordTable Read()
    {
        using var reader = new StreamReader(typeof(WordTable).Assembly.GetManifestResourceStream("medsim/words.txt")!);
        return new WordTable(reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static WordKind KindOf(char sign) => sign switch
    {
        'q' => WordKind.Question,
        's' => WordKind.Symptom,
        'i' => WordKind.Illness,
        'd' => WordKind.Drug,
        'b' => WordKind.Body,
        'l' => WordKind.Life,
        'f' => WordKind.Family,
        't' => WordKind.Test,
        _ => WordKind.Other,
    };

    /// <summary>What a phrase may mean.</summary>
    public sealed record Meaning(Concept[] Concepts, bool IsJargon);
}
