using System.Threading.Channels;
using Troupe.Storage;

namespace Troupe.Tests.Storage;

/// <summary>A store that keeps nothing and whose commits end when and as the test says.</summary>
internal sealed class GatedStore : IStore
{
    private readonly Channel<Batch> _batches = Channel.CreateUnbounded<Batch>();
    private long _lastNumber;

    /// <summary>Decides each commit at once when set: it may refuse single operations, or throw.</summary>
    public Action<IReadOnlyList<StoreOperation>, Exception?[]>? Decide { get; set; }

    /// <summary>The next batch that has come to be committed.</summary>
    public async Task<Batch> NextAsync() => await _batches.Reader.ReadAsync(Limits.Token);

    public long NextNumber() => Interlocked.Increment(ref _lastNumber);

    public void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes)
    {
        var decided = new Exception?[operations.Count];
        if (Decide is { } decide)
        {
            decide(operations, decided);
        }
        else
        {
            var batch = new Batch([.. operations]);
            _batches.Writer.TryWrite(batch);
            decided = batch.Outcome.Task.WaitAsync(Limits.Wait).GetAwaiter().GetResult();
        }

        decided.CopyTo(outcomes);
    }

    public ValueTask<StoredSession?> LoadSessionAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<FoundEntry>> FindEntriesAsync(IReadOnlyList<long> sessions, SearchPhrase phrase, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<KeyRecord>> ReadKeysAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<SessionOutline?> OutlineAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Entry>> ReadEntriesAsync(long session, int after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Document>> ReadDocumentsAsync(DocumentQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<SessionRecord?> FindOriginAsync(string owner, string origin, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask BackupAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Receipt?> FindReceiptAsync(string owner, UInt128 key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    /// <summary>A commit that waits for the test.</summary>
    internal sealed class Batch(IReadOnlyList<StoreOperation> operations)
    {
        public IReadOnlyList<StoreOperation> Operations { get; } = operations;

        /// <summary>The sessions of the operations, in order.</summary>
        public IEnumerable<long> Sessions => Operations.Select(o => o.SessionNumber);

        public TaskCompletionSource<Exception?[]> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Succeed() => Refuse();

        /// <summary>Writes all but the operations at these places.</summary>
        public void Refuse(params int[] places) =>
            Outcome.SetResult([.. Operations.Select((_, i) => places.Contains(i) ? new InvalidOperationException("refused") : (Exception?)null)]);

        public void Fail(Exception failure) => Outcome.SetException(failure);
    }
}
