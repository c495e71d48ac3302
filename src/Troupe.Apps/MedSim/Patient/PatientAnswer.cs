namespace Troupe.Apps.MedSim.Patient;

/// <summary>A patient's checked reply.</summary>
/// <param name="Text">The words.</param>
/// <param name="Intent">What the patient does with them.</param>
/// <param name="Source"><see cref="Model"/> or <see cref="Facts"/>.</param>
/// <param name="Reason">Why it came from the facts: provider_failed, check_failed or offline; null where it did not.</param>
/// <param name="Verdicts">What was wrong with the replies that were refused, in order.</param>
internal sealed record PatientAnswer(string Text, Intent Intent, string Source, string? Reason, IReadOnlyList<string> Verdicts)
{
    public const string Model = "model";
    public const string Facts = "facts";
}
