using System.Collections.Frozen;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>The cases that come with the program, read once. Thread-safe.</summary>
internal static class CaseLibrary
{
    private const string Prefix = "medsim/cases/";

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
        CaseReader.Read(source.Name, source.Text) is { Case: { } read } reading ? read
        : throw new InvalidOperationException($"A case that comes with the program has mistakes: {string.Join(' ', CaseReader.Read(source.Name, source.Text).Mistakes)}");
}
