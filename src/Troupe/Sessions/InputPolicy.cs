namespace Troupe.Sessions;

/// <summary>What a second input does while a turn of its session runs.</summary>
public enum InputPolicy
{
    /// <summary>Waits its turn, in order of arrival.</summary>
    Queue,

    /// <summary>Is refused (code session_busy).</summary>
    Reject,

    /// <summary>Stops the running turn, which keeps what it said. Of several that wait only the newest is answered; the words of the
    /// others stay in the history.</summary>
    Interrupt,

    /// <summary>Joins the newest waiting input if it follows the same entry; all keys then get the one answer.</summary>
    Merge,
}
