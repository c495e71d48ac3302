using System.Collections.Frozen;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>A name of a test or an examination as names are compared: the set of its words, each in the one form of all that mean the same.</summary>
internal static class TestName
{
    private const int MaxPhrase = 3;

    private static readonly FrozenSet<string> Fillers =
        ("a an the of for on in at to with without and or your his her my me us please order request do get perform check measure test testing tests examine examination exam level levels serum plasma urgent stat bedside portable "
        + "full complete routine repeat formal i would like want let can could we some any quick now patient patients take make run arrange send sample sign signs study studies assess assessment evaluate evaluation have look both contrast non "
        + "plain it this that need should will be give them him she he is scan image imaging blood system panel profile up big raised all over see whether there any set emergency also maybe x2 twice first formal salts").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Same = ReadSame();

    /// <summary>The words of the table, as they may be meant by one that is spelled otherwise.</summary>
    public static IEnumerable<string> Known => Same.Keys.Where(k => !k.Contains(' ', StringComparison.Ordinal));

    public static List<string> StemsOf(string name) => SpokenWords.Of(name.Replace("&", " and ", StringComparison.Ordinal).Replace('/', ' ')).ConvertAll(w => Stemmer.Stem(w.Text));

    /// <summary>All words, in their common form.</summary>
    public static List<string> WordsOf(string name)
    {
        var stems = StemsOf(name);
        var words = new List<string>();
        for (var i = 0; i < stems.Count;)
        {
            var length = Math.Min(MaxPhrase, stems.Count - i);
            string? common = null;
            for (; length > 0 && !Same.TryGetValue(string.Join(' ', stems.Skip(i).Take(length)), out common); length--)
            {
            }

            words.Add(common ?? stems[i]);
            i += Math.Max(1, length);
        }

        return words;
    }

    /// <summary>The words that tell one name from another; all of them where none does.</summary>
    public static string[] KeyOf(string name) => KeyOf(WordsOf(name));

    public static string[] KeyOf(List<string> words)
    {
        string[] telling = [.. words.Where(w => !FillerStems.Contains(w)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return telling.Length > 0 ? telling : [.. words.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static readonly FrozenSet<string> FillerStems = Fillers.Select(Stemmer.Stem).ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<string, string> ReadSame()
    {
        using var reader = new StreamReader(typeof(TestName).Assembly.GetManifestResourceStream("medsim/words-of-tests.txt")!);
        var same = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                var head = line.IndexOf(':', StringComparison.Ordinal);
                foreach (var word in line[(head + 1)..].Split(',', StringSplitOptions.TrimEntries))
                {
                    same.TryAdd(string.Join(' ', SpokenWords.Of(word).Select(w => Stemmer.Stem(w.Text))), line[..head]);
                }
            }
        }

        return same.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
