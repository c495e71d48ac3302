using Troupe.Storage;

namespace Troupe.Tests.Sessions;

/// <summary>A store whose disk is the test's: commits wait, are refused, or come to nothing when it says so.</summary>
internal sealed class GatedStore(IStore inner) : IStore
{
    private readonly ManualResetEventSlim _open = new(true);
    private readonly SemaphoreSlim _arrived = new(0);
    private volatile bool _dead;
    private int _loads;

    /// <summary>What stands behind it: what is there is durable.</summary>
    public IStore Inner { get; } = inner;

    /// <summary>Whether the store behind it outlives this one, as memory that is to survive a crash must.</summary>
    public bool KeepsInner { get; init; }

    /// <summary>Which operations are refused; null for none.</summary>
    public Func<StoreOperation, bool>? Refuse { get; set; }

    /// <summary>Runs before each load; null for nothing.</summary>
    public Func<Task>? BeforeLoad { get; set; }

    public int Loads => Volatile.Read(ref _loads);

    /// <summary>From now on commits wait.</summary>
    public void Hold() => _open.Reset();

    public void Release() => _open.Set();

    /// <summary>Completes when a commit waits.</summary>
    public Task ArrivedAsync() => _arrived.WaitAsync(Limits.Token);

    /// <summary>The machine loses its power: nothing is written any more.</summary>
    public void Die()
    {
        _dead = true;
        _open.Set();
    }

    public long NextNumber() => Inner.NextNumber();

    public void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes)
    {
        if (!_open.IsSet)
        {
            _arrived.Release();
        }

        if (!_open.Wait(Limits.Wait) || _dead)
        {
            throw new StoreFaultedException("The power is gone.");
        }

        if (Refuse is not { } refuse)
        {
            Inner.Commit(operations, outcomes);
            return;
        }

        var refused = new HashSet<long>();
        var places = new List<int>();
        for (var i = 0; i < operations.Count; i++)
        {
            if (refused.Contains(operations[i].SessionNumber) || refuse(operations[i]))
            {
                refused.Add(operations[i].SessionNumber);
                outcomes[i] = new InvalidOperationException("refused by the test");
            }
            else
            {
                places.Add(i);
            }
        }

        var kept = new Exception?[places.Count];
        Inner.Commit([.. places.Select(p => operations[p])], kept);
        for (var i = 0; i < kept.Length; i++)
        {
            outcomes[places[i]] = kept[i];
        }
    }

    public async ValueTask<StoredSession?> LoadSessionAsync(string id, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _loads);
        if (BeforeLoad is { } before)
        {
            await before();
        }

        return await Inner.LoadSessionAsync(id, cancellationToken);
    }

    public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) =>
        Inner.ListSessionsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<FoundEntry>> FindEntriesAsync(IReadOnlyList<long> sessions, SearchPhrase phrase, CancellationToken cancellationToken) =>
        Inner.FindEntriesAsync(sessions, phrase, cancellationToken);

    public ValueTask<IReadOnlyList<KeyRecord>> ReadKeysAsync(CancellationToken cancellationToken) => Inner.ReadKeysAsync(cancellationToken);

    public ValueTask<SessionOutline?> OutlineAsync(string id, CancellationToken cancellationToken) => Inner.OutlineAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<Entry>> ReadEntriesAsync(long session, int after, int limit, CancellationToken cancellationToken) =>
        Inner.ReadEntriesAsync(session, after, limit, cancellationToken);

    public ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since, CancellationToken cancellationToken) =>
        Inner.SpentAsync(owner, agent, since, cancellationToken);

    public ValueTask<IReadOnlyList<Document>> ReadDocumentsAsync(DocumentQuery query, CancellationToken cancellationToken) => Inner.ReadDocumentsAsync(query, cancellationToken);

    public ValueTask<SessionRecord?> FindOriginAsync(string owner, string origin, CancellationToken cancellationToken) =>
        Inner.FindOriginAsync(owner, origin, cancellationToken);

    public ValueTask BackupAsync(string path, CancellationToken cancellationToken) => Inner.BackupAsync(path, cancellationToken);

    public ValueTask<Receipt?> FindReceiptAsync(string owner, UInt128 key, CancellationToken cancellationToken) =>
        Inner.FindReceiptAsync(owner, key, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _open.Set();
        if (!KeepsInner)
        {
            await Inner.DisposeAsync();
        }
    }
}
