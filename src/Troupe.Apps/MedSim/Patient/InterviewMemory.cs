namespace Troupe.Apps.MedSim.Patient;

/// <summary>What the patient remembers of the interview: all of it is in the log.</summary>
/// <param name="Told">The ids of the facts that were told.</param>
/// <param name="Trusts">Whether the student has shown understanding, or asked leave.</param>
/// <param name="Messages">How many messages the student has sent before.</param>
/// <param name="Seed">What varies the words from attempt to attempt.</param>
internal sealed record InterviewMemory(IReadOnlySet<string> Told, bool Trusts, int Messages, int Seed)
{
    public static InterviewMemory Begin(int seed) => new(new HashSet<string>(StringComparer.Ordinal), false, 0, seed);

    public InterviewMemory After(Intent intent, string message) =>
        new(new HashSet<string>(Told.Concat(intent.Facts.Select(f => f.Id)), StringComparer.Ordinal), Trusts || Manners.IsCaring(message), Messages + 1, Seed);
}
