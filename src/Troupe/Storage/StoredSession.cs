namespace Troupe.Storage;

/// <summary>Everything a store knows of one session: entries by seq, turns by number.</summary>
public sealed record StoredSession(SessionRecord Session, IReadOnlyList<Entry> Entries, IReadOnlyList<TurnRecord> Turns);
