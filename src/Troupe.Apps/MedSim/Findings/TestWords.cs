using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>The table of words in names of tests and examinations, read once from the program itself. Thread-safe.</summary>
internal sealed partial class TestWords
{
    /// <summary>What joins words and tells nothing. Left out before phrases are looked for.</summary>
    private static readonly FrozenSet<string> Links =
        "a an the of for on in at to and or his her my your their our its it is are be was by from into onto over".Split(' ').Select(Stemmer.Stem).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What is done, what it is done with and what comes of it are one thing.</summary>
    private static readonly (string Ending, string Instead)[] Endings =
        [("graphi", "gram"), ("graphic", "gram"), ("graph", "gram"), ("scopi", "scop"), ("scopic", "scop"), ("metri", "metr"), ("meter", "metr"), ("logical", "logi"), ("logic", "logi"), ("ation", "at")];

    private readonly Dictionary<string, string> _same = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _classes = new(StringComparer.Ordinal) { ["-"] = [], ["="] = [], ["~"] = [], ["?"] = [], ["*"] = [] };

    private TestWords()
    {
        using var reader = new StreamReader(typeof(TestWords).Assembly.GetManifestResourceStream("medsim/words-of-tests.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                Add(line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            }
        }

        Same = _same.ToFrozenDictionary(StringComparer.Ordinal);
        Fillers = _classes["-"].ToFrozenSet(StringComparer.Ordinal);
        Idle = _classes["="].ToFrozenSet(StringComparer.Ordinal);
        Findings = _classes["~"].ToFrozenSet(StringComparer.Ordinal);
        Reasons = _classes["?"].ToFrozenSet(StringComparer.Ordinal);
        General = _classes["*"].ToFrozenSet(StringComparer.Ordinal);
        Known = [.. _same.Keys.SelectMany(k => k.Split(' ')).Concat(_classes.Values.SelectMany(c => c)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>A word or a phrase, in stems, and the one form of all that mean the same.</summary>
    public FrozenDictionary<string, string> Same { get; }

    /// <summary>What is no part of any name.</summary>
    public FrozenSet<string> Fillers { get; }

    /// <summary>What may be part of a name, and changes nothing beside one.</summary>
    public FrozenSet<string> Idle { get; }

    /// <summary>What is found at examinations.</summary>
    public FrozenSet<string> Findings { get; }

    /// <summary>Why something is asked for.</summary>
    public FrozenSet<string> Reasons { get; }

    /// <summary>What alone could be of many things.</summary>
    public FrozenSet<string> General { get; }

    /// <summary>All single words.</summary>
    public IReadOnlyList<string> Known { get; }

    public static TestWords Read() => new();

    /// <summary>The stems of what was said, with one spelling for the British and the American.</summary>
    public static List<string> StemsOf(string name) =>
        [.. SpokenWords.Of(Dotted.Replace(name, m => m.Value.Replace(".", "", StringComparison.Ordinal)).Replace("&", " and ", StringComparison.Ordinal).Replace('/', ' ')).Select(w => StemOf(w.Text)).Where(s => !Links.Contains(s))];

    private static string StemOf(string word)
    {
        // Whose stems are those of other words.
        var stem = Stemmer.Stem(word switch { "testes" => "testis", "clot" or "clots" => "thrombus", "hads" => "hadscale", _ => word });
        if (stem.Length < 5)
        {
            return stem;
        }

        stem = stem.Replace("ae", "e", StringComparison.Ordinal).Replace("oe", "e", StringComparison.Ordinal).Replace("iz", "is", StringComparison.Ordinal).Replace("yz", "ys", StringComparison.Ordinal);
        foreach (var (ending, instead) in Endings)
        {
            if (stem.EndsWith(ending, StringComparison.Ordinal))
            {
                return stem[..^ending.Length] + instead;
            }
        }

        return stem;
    }

    private void Add(string head, string[] entries)
    {
        foreach (var entry in entries)
        {
            var phrase = string.Join(' ', StemsOf(entry));
            if (!_classes.TryGetValue(head, out var members))
            {
                _same.TryAdd(phrase, head);
            }
            else if (!phrase.Contains(' ', StringComparison.Ordinal))
            {
                members.Add(head == "*" ? entry : phrase);
            }
            else
            {
                // Several words that tell as little as one.
                var one = phrase.Replace(' ', '-');
                _same.TryAdd(phrase, one);
                members.Add(one);
            }
        }
    }

    /// <summary>An abbreviation with its dots.</summary>
    [GeneratedRegex(@"\b([A-Za-z]\.){2,}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Dotted { get; }
}
