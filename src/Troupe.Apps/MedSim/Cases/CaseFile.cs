using Troupe.Apps.MedSim.Osce;
using Troupe.Apps.Yaml;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>A file with cases: one of ours in YAML, or lines of OSCE cases.</summary>
/// <param name="Format"><c>yaml</c> or <c>osce</c>.</param>
/// <param name="Cases">The cases, each with what could not be mapped and what is thin; all of them, or none where there is a mistake.</param>
/// <param name="Mistakes">What is wrong.</param>
internal sealed record CaseFile(string Format, IReadOnlyList<(PatientCase Case, IReadOnlyList<string> Unmapped, IReadOnlyList<FileMistake> Thin)> Cases, IReadOnlyList<FileMistake> Mistakes)
{
    public static CaseFile Read(string name, string text)
    {
        if (!OsceFile.Fits(text))
        {
            var reading = CaseReader.Read(name, text);
            return new("yaml", reading.Case is { } read ? [(read, [], reading.Thin)] : [], reading.Mistakes);
        }

        var lines = OsceFile.Read(name, text);
        List<FileMistake> mistakes = [.. lines.Select(l => l.Mistake).OfType<FileMistake>()];
        return new("osce", mistakes.Count > 0 ? [] : [.. lines.Select(l => (l.Case!, l.Unmapped, (IReadOnlyList<FileMistake>)[]))], mistakes);
    }
}
