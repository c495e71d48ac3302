namespace Troupe.Storage;

/// <summary>Where a turn stands. The numbers are stored; never renumber them.</summary>
public enum TurnState
{
    /// <summary>Accepted; waits for the session's other turns.</summary>
    Queued = 1,

    /// <summary>The model is at work.</summary>
    Running = 2,

    /// <summary>Waits for a person's yes or no.</summary>
    Waiting = 3,

    /// <summary>The reply is whole. Final.</summary>
    Completed = 4,

    /// <summary>Stopped on request; what was said is kept. Final.</summary>
    Cancelled = 5,

    /// <summary>The model or the host failed; the same key runs it anew.</summary>
    Failed = 6,

    /// <summary>The process died under it; the same key runs it anew.</summary>
    Abandoned = 7,

    /// <summary>Joined the input of another turn, <see cref="TurnRecord.MergedInto"/>, whose answer is its answer.</summary>
    Merged = 8,
}
