namespace Troupe.Storage;

/// <summary>One change, whole or not at all. A batch of operations is one transaction; each is a savepoint in it.</summary>
public abstract record StoreOperation
{
    private StoreOperation()
    {
    }

    /// <summary>What the operation weighs in a queue, in bytes, roughly.</summary>
    public abstract int SizeBytes { get; }

    /// <summary>The session that is changed; 0 when none is.</summary>
    public virtual long SessionNumber => 0;

    /// <summary>A new session. Fails when the id or the number exists.</summary>
    public sealed record CreateSession(SessionRecord Session) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber => Session.Number;

        /// <inheritdoc/>
        public override int SizeBytes => 256 + (2 * (Session.Title?.Length ?? 0));
    }

    /// <summary>The session's title, place in the list, head and last use anew; the rest never changes. Fails when the session is gone.</summary>
    public sealed record UpdateSession(SessionRecord Session) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber => Session.Number;

        /// <inheritdoc/>
        public override int SizeBytes => 256 + (2 * (Session.Title?.Length ?? 0));
    }

    /// <summary>The session, its entries, its turns and the receipt of its making, for good. Deleting what is gone is no error.</summary>
    public sealed record DeleteSession(long Number) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber => Number;

        /// <inheritdoc/>
        public override int SizeBytes => 64;
    }

    /// <summary>A turn's row, new or changed, and the entries that came with it. What the request said never changes: key, hash, parent,
    /// model and time.
    /// Fails when the session is gone, when a seq is taken or leaves a gap, or when the key is another turn's.</summary>
    public sealed record WriteTurn(long Number, TurnRecord Turn, bool IsNew, IReadOnlyList<Entry> Entries) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber => Number;

        /// <inheritdoc/>
        public override int SizeBytes { get; } = 256 + (2 * (Turn.Input?.Length ?? 0)) + Entries.Sum(e => e.SizeBytes);
    }

    /// <summary>Entries that no turn wrote, as an import brings them.</summary>
    public sealed record AppendEntries(long Number, IReadOnlyList<Entry> Entries) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber => Number;

        /// <inheritdoc/>
        public override int SizeBytes { get; } = 64 + Entries.Sum(e => e.SizeBytes);
    }

    /// <summary>What entries said, for good: their places stay, as of <see cref="Entry.Erase"/>. Erasing what is erased is no error. Fails when there is no such
    /// entry.</summary>
    public sealed record EraseEntries(long Number, IReadOnlyList<int> Seqs) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber => Number;

        /// <inheritdoc/>
        public override int SizeBytes => 64 + (sizeof(int) * Seqs.Count);
    }

    /// <summary>An access key, new or changed.</summary>
    public sealed record PutKey(KeyRecord Key) : StoreOperation
    {
        /// <inheritdoc/>
        public override int SizeBytes => 512;
    }

    /// <summary>The receipt of an owner-wide idempotency key. Fails when the key has one.</summary>
    public sealed record PutReceipt(Receipt Receipt) : StoreOperation
    {
        /// <inheritdoc/>
        public override int SizeBytes => 192;
    }

    /// <summary>Several changes as one.</summary>
    public sealed record Together(IReadOnlyList<StoreOperation> Parts) : StoreOperation
    {
        /// <inheritdoc/>
        public override long SessionNumber { get; } = Parts.Select(p => p.SessionNumber).FirstOrDefault(n => n > 0);

        /// <inheritdoc/>
        public override int SizeBytes { get; } = Parts.Sum(p => p.SizeBytes);
    }
}
