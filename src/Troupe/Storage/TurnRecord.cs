namespace Troupe.Storage;

/// <summary>The stored row of a turn.</summary>
public sealed record TurnRecord
{
    /// <summary>Unique in the store, also over deleted turns.</summary>
    public required long Number { get; init; }

    /// <summary>Truncated SHA-256 of the client's idempotency key; null without one. Unique in its session.</summary>
    public UInt128? Key { get; init; }

    /// <summary>Truncated SHA-256 of the canonical body; null without a key.</summary>
    public UInt128? BodyHash { get; init; }

    /// <summary>Where the turn stands.</summary>
    public required TurnState State { get; init; }

    /// <summary>How often the turn has been begun or has died; text offsets of another epoch mean nothing.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>The words, as long as they are not an entry yet.</summary>
    public string? Input { get; init; }

    /// <summary>The entry to follow; null for the newest completed leaf, resolved at the start.</summary>
    public int? RequestedParent { get; init; }

    /// <summary>The model that was asked for; null for the agent's own.</summary>
    public string? Model { get; init; }

    /// <summary>The user entry that is answered; 0 before the start.</summary>
    public int UserSeq { get; init; }

    /// <summary>The newest entry of the reply; 0 when nothing was said.</summary>
    public int ReplySeq { get; init; }

    /// <summary>Where the turn ended: its reply, or its user entry where nothing was said.</summary>
    public int Leaf => ReplySeq > 0 ? ReplySeq : UserSeq;

    /// <summary>Tokens read by the model, over all calls of the turn.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens written by the model, over all calls of the turn.</summary>
    public long OutputTokens { get; init; }

    /// <summary>What the turn cost, in millionths of the unit of the models' prices.</summary>
    public long CostMicros { get; init; }

    /// <summary>Whether the reply came from a cache.</summary>
    public bool Cached { get; init; }

    /// <summary>The code of what went wrong; null when nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>The turn that took this one's input; 0 when none did.</summary>
    public long MergedInto { get; init; }

    /// <summary>When the turn was accepted.</summary>
    public required DateTimeOffset At { get; init; }
}
