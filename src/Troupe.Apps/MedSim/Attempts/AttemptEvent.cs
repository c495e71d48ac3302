using Troupe.Storage;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>Something that happened in an attempt, and when in case time.</summary>
/// <param name="Entry">Its line in the log.</param>
/// <param name="Note">What it is; null for words of the student or the patient.</param>
/// <param name="Minute">The case time when it happened.</param>
internal sealed record AttemptEvent(Entry Entry, AttemptNote? Note, double Minute)
{
    public bool IsSaid => Entry.Role == EntryRole.User;

    public bool IsReply => Entry.Role == EntryRole.Assistant;
}
