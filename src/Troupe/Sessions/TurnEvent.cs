namespace Troupe.Sessions;

/// <summary>What a reader of a turn sees, in order: started, deltas or a snapshot, and one end.</summary>
public abstract record TurnEvent
{
    private TurnEvent(TurnPosition position) => Position = position;

    /// <summary>Where a reader stands who has this event.</summary>
    public TurnPosition Position { get; }

    /// <summary>The input is an entry and as safe as its session promises.</summary>
    public sealed record Started(TurnPosition At, int UserSeq) : TurnEvent(At);

    /// <summary>More of the reply, from an offset on.</summary>
    public sealed record Delta(TurnPosition At, int Offset, string Text) : TurnEvent(At);

    /// <summary>The whole reply so far; replaces what the reader has of this turn.</summary>
    public sealed record Snapshot(TurnPosition At, string Text) : TurnEvent(At);

    /// <summary>A tool was called, or has answered. After a lost connection it may come again; the call's id tells.</summary>
    public sealed record Tool(TurnPosition At, ToolNotice Notice) : TurnEvent(At);

    /// <summary>The turn waits for a person's yes or no to the calls in its result.</summary>
    public sealed record Waiting(TurnPosition At, TurnResult Result) : TurnEvent(At);

    /// <summary>The turn is over, as its result says.</summary>
    public sealed record Ended(TurnPosition At, TurnResult Result) : TurnEvent(At);
}
