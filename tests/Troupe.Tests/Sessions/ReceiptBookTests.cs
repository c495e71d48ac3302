using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class ReceiptBookTests
{
    private readonly CountingStore _store = new();
    private int _made;

    [Fact]
    public async Task Many_requests_at_once_make_one_thing()
    {
        var book = new ReceiptBook(_store, new ManualTime());
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var all = Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => book.OnceAsync("ann", "things", "key", 1, async write =>
        {
            await gate.Task;
            return Make(write);
        }))));
        gate.SetResult();
        var results = await all.Soon();

        Assert.Equal("thing 1", Assert.Single(results.Select(r => r.Made).Distinct()));
        Assert.Single(results, r => r.IsNew);
        Assert.Equal(1, _made);
    }

    [Fact]
    public async Task Another_body_is_refused_and_another_owner_or_route_is_another_key()
    {
        var book = new ReceiptBook(_store, new ManualTime());
        await OnceAsync(book);

        var refusal = await Assert.ThrowsAsync<TroupeException>(() => OnceAsync(book, body: 2));
        Assert.Equal("idempotency_key_reused", refusal.Code);
        Assert.True((await OnceAsync(book, owner: "bob")).IsNew);
        Assert.True((await OnceAsync(book, route: "others")).IsNew);
        Assert.False((await OnceAsync(book)).IsNew);
        Assert.Equal(3, _made);
    }

    [Fact]
    public async Task After_a_restart_the_store_knows()
    {
        var (made, isNew) = await OnceAsync(new ReceiptBook(_store, new ManualTime()));
        var later = new ReceiptBook(_store, new ManualTime());

        Assert.True(isNew);
        Assert.Equal((made, false), await OnceAsync(later));
        Assert.Equal("idempotency_key_reused", (await Assert.ThrowsAsync<TroupeException>(() => OnceAsync(later, body: 2))).Code);
        Assert.Equal(1, _made);
    }

    [Fact]
    public async Task What_failed_made_nothing_and_may_be_tried_again()
    {
        var book = new ReceiptBook(_store, new ManualTime());

        await Assert.ThrowsAsync<IOException>(() => book.OnceAsync("ann", "things", "key", 1, _ => throw new IOException()));

        Assert.True((await OnceAsync(book)).IsNew);
    }

    [Fact]
    public async Task Receipts_that_were_only_read_are_read_from_the_store_each_time()
    {
        await OnceAsync(new ReceiptBook(_store, new ManualTime()));
        var later = new ReceiptBook(_store, new ManualTime());
        var before = _store.Reads;

        await OnceAsync(later);
        await OnceAsync(later);

        Assert.Equal(before + 2, _store.Reads);
    }

    [Fact]
    public async Task What_was_made_is_known_before_it_is_on_disk()
    {
        var book = new ReceiptBook(_store, new ManualTime());
        await book.OnceAsync("ann", "things", "key", 1, _ => Task.FromResult("unwritten"));

        Assert.Equal(("unwritten", false), await OnceAsync(book));
        book.Forget("ann", "things", "key");
        Assert.Equal(("thing 1", true), await OnceAsync(book));
    }

    private Task<(string Made, bool IsNew)> OnceAsync(ReceiptBook book, string owner = "ann", string route = "things", UInt128? body = null) =>
        book.OnceAsync(owner, route, "key", body ?? 1, write => Task.FromResult(Make(write)));

    private string Make(Func<string, Receipt> write)
    {
        var made = $"thing {Interlocked.Increment(ref _made)}";
        var outcomes = new Exception?[1];
        _store.Commit([new StoreOperation.PutReceipt(write(made))], outcomes);
        Assert.Null(outcomes[0]);
        return made;
    }

    private sealed class CountingStore : IStore
    {
        private readonly MemoryStore _inner = new();

        public int Reads { get; private set; }

        public long NextNumber() => _inner.NextNumber();

        public void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes) => _inner.Commit(operations, outcomes);

        public ValueTask<StoredSession?> LoadSessionAsync(string id, CancellationToken cancellationToken) => _inner.LoadSessionAsync(id, cancellationToken);

        public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) =>
            _inner.ListSessionsAsync(query, cancellationToken);

        public ValueTask<IReadOnlyList<FoundEntry>> FindEntriesAsync(IReadOnlyList<long> sessions, SearchPhrase phrase, CancellationToken cancellationToken) =>
            _inner.FindEntriesAsync(sessions, phrase, cancellationToken);

        public ValueTask<IReadOnlyList<KeyRecord>> ReadKeysAsync(CancellationToken cancellationToken) => _inner.ReadKeysAsync(cancellationToken);

        public ValueTask<SessionOutline?> OutlineAsync(string id, CancellationToken cancellationToken) => _inner.OutlineAsync(id, cancellationToken);

        public ValueTask<IReadOnlyList<Entry>> ReadEntriesAsync(long session, int after, int limit, CancellationToken cancellationToken) =>
            _inner.ReadEntriesAsync(session, after, limit, cancellationToken);

        public ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since, CancellationToken cancellationToken) =>
            _inner.SpentAsync(owner, agent, since, cancellationToken);

        public ValueTask<IReadOnlyList<Document>> ReadDocumentsAsync(DocumentQuery query, CancellationToken cancellationToken) => _inner.ReadDocumentsAsync(query, cancellationToken);

        public ValueTask<SessionRecord?> FindOriginAsync(string owner, string origin, CancellationToken cancellationToken) =>
            _inner.FindOriginAsync(owner, origin, cancellationToken);

        public ValueTask BackupAsync(string path, CancellationToken cancellationToken) => _inner.BackupAsync(path, cancellationToken);

        public ValueTask<Receipt?> FindReceiptAsync(string owner, UInt128 key, CancellationToken cancellationToken)
        {
            Reads++;
            return _inner.FindReceiptAsync(owner, key, cancellationToken);
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
