using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>What a patient does with what was said, and the facts that are told with it.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Facts">The facts; those that were told before among them.</param>
/// <param name="Open">Whether the question was an open one.</param>
internal sealed record Intent(IntentKind Kind, IReadOnlyList<CaseFact> Facts, bool Open = false)
{
    public static Intent Of(IntentKind kind) => new(kind, []);
}
