namespace Troupe.Apps.MedSim.Attempts;

/// <summary>What came of an action.</summary>
/// <param name="Status">How it went.</param>
/// <param name="State">Where the attempt stands.</param>
/// <param name="Note">The event to add; null where nothing changes.</param>
internal sealed record AttemptAction(string Status, AttemptState State, AttemptNote? Note = null)
{
    public int? Seq { get; init; }

    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The event that was added.</summary>
    public AttemptNote? Event { get; init; }

    public static AttemptAction Of(AttemptNote note, string status, AttemptState state) => new(status, state, note) { Event = note };
}
