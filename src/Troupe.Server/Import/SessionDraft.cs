using Troupe.Storage;

namespace Troupe.Server.Import;

/// <summary>A session to be made of entries from elsewhere, checked.</summary>
/// <param name="Agent">The agent that goes on with it.</param>
/// <param name="Durability">What may be relied on from now on.</param>
/// <param name="Title">Its title; null to take it from the next message.</param>
/// <param name="Head">The leaf to go on from; 0 for none.</param>
/// <param name="Entries">The log, with seq from 1 without gaps.</param>
/// <param name="Origin">Where the entries come from; null when that is not told.</param>
/// <param name="Id">The id that it gets when it is free; null for any.</param>
internal sealed record SessionDraft(string Agent, Durability Durability, string? Title, int Head, IReadOnlyList<Entry> Entries, string? Origin, string? Id);
