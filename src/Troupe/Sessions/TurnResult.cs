using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>What a client is told of a turn that has ended.</summary>
/// <param name="Reply">Everything the agent said in the turn.</param>
/// <param name="SessionId">The session.</param>
/// <param name="TurnNumber">The turn.</param>
/// <param name="Epoch">The run of the turn that this is about.</param>
/// <param name="Seq">The newest entry of the reply; the user entry when nothing was said.</param>
/// <param name="Durability">What may be relied on.</param>
/// <param name="Cached">Whether the reply came from a cache.</param>
/// <param name="State">How it ended.</param>
/// <param name="InputTokens">Tokens read by the model.</param>
/// <param name="OutputTokens">Tokens written by the model.</param>
/// <param name="Error">What went wrong; null when nothing did.</param>
/// <param name="Asked">The calls that wait for a person's yes or no; empty unless the turn waits.</param>
public sealed record TurnResult(
    string Reply,
    string SessionId,
    long TurnNumber,
    int Epoch,
    int Seq,
    Durability Durability,
    bool Cached,
    TurnState State,
    long InputTokens,
    long OutputTokens,
    TurnError? Error,
    IReadOnlyList<PendingCall> Asked)
{
    /// <summary>Why the model ended, where it did not end by itself: <c>length</c> or <c>content_filter</c>; null otherwise.</summary>
    public string? Finish { get; init; }
}
