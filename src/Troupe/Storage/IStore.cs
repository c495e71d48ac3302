namespace Troupe.Storage;

/// <summary>Durable storage, the one seam to it. Reads may run at any time on any thread;
/// <see cref="Commit"/> is called by one thread at a time, the journal's.</summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>A number that no session or turn of this store has or ever had. Thread-safe.</summary>
    long NextNumber();

    /// <summary>Writes a batch in one transaction and returns when it is on disk. Blocks.</summary>
    /// <param name="operations">What to write, in order.</param>
    /// <param name="outcomes">Receives null for each operation that is now durable, or why it is not. An operation that
    /// fails leaves no trace; later ones of its session in the batch fail too, being made on it; no other session is harmed.</param>
    /// <exception cref="StoreFaultedException">The outcome of the whole batch is unknown; nothing can be written any more.</exception>
    /// <exception cref="TroupeException">Nothing of the batch was written, for a reason that may pass (code store_full).</exception>
    void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes);

    /// <summary>A whole session, or null when there is none with that id.</summary>
    ValueTask<StoredSession?> LoadSessionAsync(string id, CancellationToken cancellationToken);

    /// <summary>A session without its entries, or null when there is none with that id.</summary>
    ValueTask<SessionOutline?> OutlineAsync(string id, CancellationToken cancellationToken);

    /// <summary>Entries of a session by seq: those after one, at most so many; none when the session is gone.</summary>
    ValueTask<IReadOnlyList<Entry>> ReadEntriesAsync(long session, int after, int limit, CancellationToken cancellationToken);

    /// <summary>Session rows, newest use first.</summary>
    ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken);

    /// <summary>Where words stand first in each of some sessions: in a message, or else in another entry. Sessions where no entry has them are left out.</summary>
    ValueTask<IReadOnlyList<FoundEntry>> FindEntriesAsync(IReadOnlyList<long> sessions, SearchPhrase phrase, CancellationToken cancellationToken);

    /// <summary>The tokens and the cost, in millionths, of an owner's turns since a time, with one agent or with all (null).</summary>
    ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>An owner's session by where it was imported from, or null.</summary>
    ValueTask<SessionRecord?> FindOriginAsync(string owner, string origin, CancellationToken cancellationToken);

    /// <summary>Writes a consistent copy of everything that is committed to a new file, while others read and write.</summary>
    /// <exception cref="TroupeException">The file exists or cannot be written (code backup_failed), or the store has no files (code
    /// backup_unsupported).</exception>
    ValueTask BackupAsync(string path, CancellationToken cancellationToken);

    /// <summary>All keys, revoked ones too.</summary>
    ValueTask<IReadOnlyList<KeyRecord>> ReadKeysAsync(CancellationToken cancellationToken);

    /// <summary>The receipt of an owner's idempotency key, or null.</summary>
    ValueTask<Receipt?> FindReceiptAsync(string owner, UInt128 key, CancellationToken cancellationToken);

    /// <summary>Documents of a kind.</summary>
    ValueTask<IReadOnlyList<Document>> ReadDocumentsAsync(DocumentQuery query, CancellationToken cancellationToken);
}
