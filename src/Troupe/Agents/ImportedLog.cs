using Troupe.Storage;

namespace Troupe.Agents;

/// <summary>A conversation from elsewhere that is about to become a session.</summary>
/// <param name="Title">The session's title; null where it has none yet.</param>
/// <param name="Entries">Its log, with seq from 1 without gaps.</param>
public sealed record ImportedLog(string? Title, IReadOnlyList<Entry> Entries)
{
    /// <summary>What is written in the same transaction as the session; null, the default, for nothing.</summary>
    public Func<SessionRecord, StoreOperation>? Beside { get; init; }
}
