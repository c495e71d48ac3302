using System.Collections.Frozen;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>The cases that come with the program, read once. Thread-safe.</summary>
internal static class CaseLibrary
{
    private const string Prefix = "medsim/cases/";
    private const string AskedPrefix = "medsim/asked/";

    private static readonly Lazy<FrozenDictionary<string, PatientCase>> Loaded = new(() => Sources().Select(Read).ToFrozenDictionary(c => c.Id, StringComparer.Ordinal));

    /// <summary>All cases by id.</summary>
    public static FrozenDictionary<string, PatientCase> Own => Loaded.Value;

    /// <summary>The files: their names and texts.</summary>
    public static IEnumerable<(string Name, string Text)> Sources()
    {
        var assembly = typeof(CaseLibrary).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return (name[Prefix.Length..], reader.ReadToEnd());
        }
    }

    private static PatientCase Read((string Name, string Text) source) =>
        CaseReader.Read(source.Name, source.Text) is { Case: { } read } ? read with { Facts = WithQuestions(read) }
        : throw new InvalidOperationException($"A case that comes with the program has mistakes: {string.Join(' ', CaseReader.Read(source.Name, source.Text).Mistakes)}");

    /// <summary>The questions of a case of ours stand in a file beside it, because they are many: <c>fact ID</c>, then a line <c>? QUESTION</c> for each.</summary>
    private static List<CaseFact> WithQuestions(PatientCase read)
    {
        var questions = read.Facts.ToDictionary(f => f.Id, _ => new List<string>(), StringComparer.Ordinal);
        using var reader = new StreamReader(typeof(CaseLibrary).Assembly.GetManifestResourceStream($"{AskedPrefix}{read.Id}.txt")!);
        var of = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("fact ", StringComparison.Ordinal))
            {
                of = line[5..];
            }
            else
            {
                questions[of].Add(line[2..]);
            }
        }

        return [.. read.Facts.Select(f => f with { Questions = questions[f.Id] })];
    }
}
