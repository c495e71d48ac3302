using Troupe.Apps.Yaml;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>What came of reading a case file.</summary>
/// <param name="Case">The case; null where there is a mistake.</param>
/// <param name="Mistakes">What is wrong.</param>
/// <param name="Thin">What could be better.</param>
internal sealed record CaseReading(PatientCase? Case, IReadOnlyList<FileMistake> Mistakes, IReadOnlyList<FileMistake> Thin);
