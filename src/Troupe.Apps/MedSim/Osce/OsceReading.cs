using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.Yaml;

namespace Troupe.Apps.MedSim.Osce;

/// <summary>What came of one line of an OSCE file.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Case">The case; null where it could not be made.</param>
/// <param name="Unmapped">What of it could not be mapped, and why.</param>
/// <param name="Mistake">Why it could not be made; null where it was.</param>
internal sealed record OsceReading(int Line, PatientCase? Case, IReadOnlyList<string> Unmapped, FileMistake? Mistake = null);
