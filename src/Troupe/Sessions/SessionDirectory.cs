using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Sessions;

/// <summary>The sessions that are loaded: each once, loaded in one flight, bounded by count and bytes, dropped when idle. A session with
/// something under way is never dropped; when all are busy at the bound, the next one is refused. Thread-safe.</summary>
public sealed partial class SessionDirectory : IAsyncDisposable
{
    private const int EvictionTries = 64;
    private const int MaxAttempts = 8;
    private static readonly TimeSpan AbandonTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Place>> _places = new(StringComparer.Ordinal);
    private readonly LinkedList<Place> _byUse = [];
    private readonly IStore _store;
    private readonly Journal _journal;
    private readonly SessionDirectoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ProfileSection? _loads;
    private readonly ITimer _sweep;
    private long _bytes;
    private bool _trimming;
    private long _hits;
    private long _misses;
    private long _evictions;

    /// <summary>Makes an empty directory.</summary>
    /// <param name="store">Where sessions come from.</param>
    /// <param name="journal">Where their changes go.</param>
    /// <param name="runner">Who answers.</param>
    /// <param name="policyOf">The policy of an agent, by its name; also for an agent that is gone.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where unexpected failures go.</param>
    /// <param name="profiler">What measures the loading; null for nothing.</param>
    public SessionDirectory(
        IStore store, Journal journal, TurnRunner runner, Func<string, SessionPolicy> policyOf,
        SessionDirectoryOptions? options = null, TimeProvider? time = null, ILogger? log = null, Profiler? profiler = null)
    {
        _store = store;
        _journal = journal;
        Runner = runner;
        PolicyOf = policyOf;
        _options = options ?? new SessionDirectoryOptions();
        _time = time ?? TimeProvider.System;
        _log = log ?? NullLogger.Instance;
        _loads = profiler?.Section("load_session", ProfileCategory.Database);
        var period = TimeSpan.FromTicks(Math.Clamp(_options.Idle.Ticks / 4, TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute));
        _sweep = _time.CreateTimer(static state => ((SessionDirectory)state!).DropIdle(), this, period, period);
    }

    /// <summary>The counters.</summary>
    public SessionStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new(_places.Count, Volatile.Read(ref _bytes), _hits, _misses, _evictions);
            }
        }
    }

    /// <summary>How turns have gone.</summary>
    public TurnMetrics TurnMetrics { get; } = new();

    internal TurnRunner Runner { get; }

    internal Func<string, SessionPolicy> PolicyOf { get; }

    /// <summary>Makes a session. It is durable when the task completes.</summary>
    public async Task<Session> CreateAsync(
        string owner, string agent, Durability durability, Func<SessionRecord, Receipt>? receipt = null, CancellationToken cancellationToken = default)
    {
        var (session, create) = Prepare(NewRecord(owner, agent, durability), [], receipt);
        return await WriteAsync(session, create, cancellationToken);
    }

    /// <summary>Makes a session of entries that were written elsewhere: all of it or nothing.</summary>
    /// <param name="owner">Whose it will be.</param>
    /// <param name="agent">The agent that goes on with it.</param>
    /// <param name="durability">What may be relied on from now on.</param>
    /// <param name="title">Its title; null to take it from the next message.</param>
    /// <param name="head">The leaf to go on from; 0 for none.</param>
    /// <param name="entries">The log, with seq from 1 without gaps.</param>
    /// <param name="receipt">The receipt to write with it; null for none.</param>
    /// <param name="origin">Where the entries come from: the owner's session of the same origin is returned instead, if there is one.</param>
    /// <param name="id">The id that a new session gets when it is free, 32 characters of 0–9 and a–f; null, or one that is taken, for any.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <returns>The session, and whether it was made by this call.</returns>
    public async Task<(Session Session, bool IsNew)> ImportAsync(
        string owner, string agent, Durability durability, string? title, int head, IReadOnlyList<Entry> entries,
        Func<SessionRecord, Receipt>? receipt = null, string? origin = null, string? id = null, CancellationToken cancellationToken = default)
    {
        if (await FindImportedAsync(owner, origin, cancellationToken) is { } known)
        {
            return (known, false);
        }

        var record = NewRecord(owner, agent, durability) with { Title = title, Head = head, HeadAfter = entries.Count, Origin = origin };
        if (id is not null && await FindAsync(id, cancellationToken) is null)
        {
            record = record with { Id = id };
        }

        var (session, create) = Prepare(record, entries, receipt);
        var all = new StoreOperation.Together([create, new StoreOperation.AppendEntries(record.Number, entries)]);
        try
        {
            return (await WriteAsync(session, all, cancellationToken), true);
        }
        catch (Exception failure) when (origin is not null && failure is not OperationCanceledException)
        {
            // Somebody may have imported the same in this moment: the store takes an origin once.
            if (await FindImportedAsync(owner, origin, cancellationToken) is { } first)
            {
                return (first, false);
            }

            throw;
        }
    }

    /// <summary>Makes a session and its first turn in one transaction.</summary>
    public async Task<(Session Session, Turn Turn)> CreateAsync(
        string owner, string agent, Durability durability, TurnInput input, Func<SessionRecord, Receipt>? receipt = null,
        CancellationToken cancellationToken = default)
    {
        var room = await _journal.ReserveAsync(RoomFor(input), cancellationToken);
        Session? session = null;
        try
        {
            (session, var create) = Prepare(NewRecord(owner, agent, durability), [], receipt);
            return (session, session.Submit(input, PolicyOf(agent), room, create));
        }
        catch
        {
            room.Dispose();
            if (session is not null)
            {
                Remove(session);
            }

            throw;
        }
    }

    /// <summary>Tells of each session that was deleted for good, so that whoever keeps something of it forgets it.</summary>
    public event Action<SessionRecord>? Deleted;

    /// <summary>Tells of each session of which something was erased for good.</summary>
    public event Action<SessionRecord>? Erased;

    /// <summary>Uses an owner's session, loading it when it is not there.</summary>
    /// <param name="id">The session.</param>
    /// <param name="owner">Whose it must be; null for anybody's, which only an operator may ask for.</param>
    /// <param name="use">What to do; called anew with a freshly loaded session if the former was unloaded in that moment.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <exception cref="TroupeException">There is no such session of that owner (code session_not_found).</exception>
    public async ValueTask<T> UseAsync<T>(string id, string? owner, Func<Session, ValueTask<T>> use, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var session = await FindAsync(id, cancellationToken);
            if (session is null || (owner is not null && session.Record.Owner != owner))
            {
                throw TroupeException.NoSuchSession(id);
            }

            try
            {
                return await use(session);
            }
            catch (SessionClosedException) when (attempt < MaxAttempts)
            {
                Remove(session);
            }
            catch (SessionClosedException)
            {
                throw new TroupeException(ErrorKind.Unavailable, "session_unstable", "The session could not be held in memory. Try again in a few seconds.")
                {
                    RetryAfter = TimeSpan.FromSeconds(2),
                };
            }
        }
    }

    /// <summary>Reads an owner's session from its first entry to its last. One that is not loaded is read from the store, page by page, and not loaded.</summary>
    /// <param name="id">The session.</param>
    /// <param name="owner">Whose it must be; null for anybody's, which only an operator may ask for.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <exception cref="TroupeException">There is no such session of that owner (code session_not_found).</exception>
    public async ValueTask<SessionReading> ReadAsync(string id, string? owner, CancellationToken cancellationToken = default)
    {
        if (!IsLoaded(id))
        {
            var outline = await _store.OutlineAsync(id, cancellationToken);
            if (outline is null || (owner is not null && outline.Session.Owner != owner))
            {
                throw TroupeException.NoSuchSession(id);
            }

            // What was under way when a process ended is put in order by loading it.
            if (!outline.IsUnfinished)
            {
                return new SessionReading(
                    outline.Session, outline.Head, outline.Count,
                    (after, token) => _store.ReadEntriesAsync(outline.Session.Number, after, SessionReading.PageLength(after, outline.Count), token));
            }
        }

        var (record, head, count) = await UseAsync(id, owner, s => new ValueTask<(SessionRecord, int, int)>((s.Record, Math.Min(s.Head, s.Count), s.Count)), cancellationToken);
        return new SessionReading(
            record, head, count,
            (after, token) => UseAsync(id, owner, s => new ValueTask<IReadOnlyList<Entry>>(s.Page(after, SessionReading.PageLength(after, count))), token));
    }

    /// <summary>Says something to an owner's session.</summary>
    /// <returns>The session and the turn: a new one, the one that the key began, or the one that was joined.</returns>
    public async ValueTask<(Session Session, Turn Turn)> SubmitAsync(
        string id, string owner, TurnInput input, CancellationToken cancellationToken = default) =>
        await UseAsync(
            id, owner,
            async session =>
            {
                var room = await _journal.ReserveAsync(RoomFor(input), cancellationToken);
                return (session, session.Submit(input, PolicyOf(session.Record.Agent), room));
            },
            cancellationToken);

    /// <summary>What happens in an owner's session, turn after turn, from a reader's position on, until the reader leaves. Without a
    /// position: from the running turn's beginning, or the next one's.</summary>
    public async IAsyncEnumerable<TurnEvent> FollowAsync(
        string id, string owner, TurnPosition? from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long? after = null;
        while (true)
        {
            var (session, newest) = await UseAsync(id, owner, s => new ValueTask<(Session, long)>((s, s.NewestTurn)), cancellationToken);
            await using var events = session.FollowAllAsync(from, after, cancellationToken).GetAsyncEnumerator(cancellationToken);
            after ??= newest;
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (SessionClosedException)
                {
                    Remove(session);
                    break;
                }

                // What has ended is not told again when the session is loaded anew under the reader.
                var position = events.Current.Position;
                (from, after) = events.Current is TurnEvent.Ended ? (null, Math.Max(after ?? 0, position.Turn)) : ((TurnPosition?)position, after);
                yield return events.Current;
            }
        }
    }

    /// <summary>The turns that run or wait, those that were accepted first before the others.</summary>
    /// <param name="limit">How many of them, at least 1.</param>
    /// <returns>The turns, and how many there are in all.</returns>
    public (IReadOnlyList<TurnUnderWay> Oldest, int Total) TurnsUnderWay(int limit)
    {
        var turns = new OldestTurns(limit, _time);
        foreach (var session in Loaded())
        {
            session.TellUnderWay(turns);
        }

        return (turns.Take(), turns.Total);
    }

    /// <summary>Lets turns under way end, at most this long, and marks the rest as abandoned: what they said is kept, and their keys run
    /// them anew. No new ones should come meanwhile.</summary>
    public async Task DrainAsync(TimeSpan timeout)
    {
        await _sweep.DisposeAsync();
        var sessions = Loaded();
        var deadline = _time.GetUtcNow() + timeout;
        var poll = TimeSpan.FromMilliseconds(20);
        while (sessions.Exists(s => !s.IsIdle) && _time.GetUtcNow() < deadline)
        {
            _journal.Flush();
            await Task.Delay(poll, _time);
        }

        foreach (var session in sessions.Where(s => !s.IsIdle))
        {
            session.Abandon();
        }

        deadline = _time.GetUtcNow() + AbandonTimeout;
        while (sessions.Exists(s => !s.IsIdle) && _time.GetUtcNow() < deadline)
        {
            _journal.Flush();
            await Task.Delay(poll, _time);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _sweep.DisposeAsync();

    internal long NextNumber() => _store.NextNumber();

    internal void Grew(long bytes)
    {
        // Not here: the caller holds its session's lock, and closing a session takes that after the directory's.
        if (Interlocked.Add(ref _bytes, bytes) > _options.MaxBytes && !Interlocked.Exchange(ref _trimming, true))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static directory => directory.Trim(), this, preferLocal: false);
        }
    }

    internal void Remove(Session session)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(session.Record.Id, out var node) && node.Value.Session == session)
            {
                DropLocked(node);
            }
        }
    }

    internal void Report(Exception failure, Session session) => LogTurnFailed(failure, session.Record.Id);

    private static int RoomFor(TurnInput input) => 2048 + (2 * (input.Message?.Length ?? 0));

    private async Task<Session?> FindImportedAsync(string owner, string? origin, CancellationToken cancellationToken) =>
        origin is not null && await _store.FindOriginAsync(owner, origin, cancellationToken) is { } known
            ? await UseAsync(known.Id, owner, static s => new ValueTask<Session>(s), cancellationToken)
            : null;

    private async Task<Session> WriteAsync(Session session, StoreOperation create, CancellationToken cancellationToken)
    {
        try
        {
            await _journal.WriteAsync(create, cancellationToken: cancellationToken);
            return session;
        }
        catch
        {
            Remove(session);
            throw;
        }
    }

    private static string NewId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");

    private SessionRecord NewRecord(string owner, string agent, Durability durability)
    {
        var now = _time.Now();
        return new SessionRecord
        {
            Number = _store.NextNumber(),
            Id = NewId(now),
            Owner = owner,
            Agent = agent,
            Durability = durability,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private (Session Session, StoreOperation Create) Prepare(
        SessionRecord record, IReadOnlyList<Entry> entries, Func<SessionRecord, Receipt>? receipt)
    {
        Session session;
        lock (_gate)
        {
            // First, because a session counts from its making on.
            MakeRoomLocked(1);
            if (_places.ContainsKey(record.Id))
            {
                // An id that was asked for, and that somebody asks for or about in this moment.
                record = record with { Id = NewId(record.CreatedAt) };
            }

            session = new Session(new StoredSession(record, entries, []), this, _journal, _time);
            var place = new Place(record.Id, Task.FromResult<Session?>(session)) { Session = session, UsedAt = _time.GetTimestamp() };
            _places.Add(record.Id, _byUse.AddFirst(place));
        }

        StoreOperation create = new StoreOperation.CreateSession(record);
        return (session, receipt is null ? create : new StoreOperation.Together([create, new StoreOperation.PutReceipt(receipt(record))]));
    }

    internal void TellDeleted(SessionRecord session) => Deleted?.Invoke(session);

    internal void TellErased(SessionRecord session) => Erased?.Invoke(session);

    private List<Session> Loaded()
    {
        lock (_gate)
        {
            return [.. _byUse.Where(p => p.Loading.IsCompletedSuccessfully).Select(p => p.Session).OfType<Session>()];
        }
    }

    private bool IsLoaded(string id)
    {
        lock (_gate)
        {
            return _places.ContainsKey(id);
        }
    }

    private async ValueTask<Session?> FindAsync(string id, CancellationToken cancellationToken)
    {
        LinkedListNode<Place>? node;
        lock (_gate)
        {
            if (_places.TryGetValue(id, out node))
            {
                _hits++;
                UseLocked(node);
                if (node.Value.Session is { } loaded)
                {
                    return loaded;
                }
            }
            else
            {
                _misses++;
                MakeRoomLocked(1);

                // Detached: a caller that leaves does not stop the load for the others.
                node = _byUse.AddFirst(new Place(id, null!) { UsedAt = _time.GetTimestamp() });
                _places.Add(id, node);
                var place = node;
                node.Value.Loading = Task.Run(() => LoadAsync(place));
            }
        }

        return await node.Value.Loading.WaitAsync(cancellationToken);
    }

    private async Task<Session?> LoadAsync(LinkedListNode<Place> node)
    {
        var id = node.Value.Id;
        Session? session = null;
        try
        {
            StoredSession? stored;
            using (_loads?.Measure())
            {
                stored = await _store.LoadSessionAsync(id, CancellationToken.None);
            }

            session = stored is null ? null : new Session(stored, this, _journal, _time);
            if (session?.Recover() is { } recovery)
            {
                await _journal.WriteAsync(recovery);
            }

            if (session?.HasInterrupted == true)
            {
                session.Resume(await _journal.ReserveAsync(2048));
            }

            lock (_gate)
            {
                if (session is null)
                {
                    DropLocked(node);
                }
                else
                {
                    node.Value.Session = session;
                    UseLocked(node);
                    MakeRoomLocked(0);
                }
            }

            return session;
        }
        catch
        {
            lock (_gate)
            {
                DropLocked(node);
                Interlocked.Add(ref _bytes, -(session?.AccountedBytes ?? 0));
            }

            throw;
        }
    }

    private void UseLocked(LinkedListNode<Place> node)
    {
        if (node.List is not null)
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            node.Value.UsedAt = _time.GetTimestamp();
        }
    }

    private void MakeRoomLocked(int places)
    {
        // For bytes alone the newest is spared: a session that is larger than the bound can still be used.
        var spared = places == 0 ? _byUse.First : null;
        var node = _byUse.Last;
        for (var tries = 0; node is not null && tries < EvictionTries && IsFull(places); tries++)
        {
            var next = node.Previous;
            if (node != spared && node.Value.Session?.TryClose() == true)
            {
                DropLocked(node);
                _evictions++;
            }
            else
            {
                // Busy ones are in use; left at the end, they would be all that the next search looks at.
                UseLocked(node);
            }

            node = next;
        }

        if (places > 0 && _places.Count + places > _options.MaxSessions)
        {
            throw new TroupeException(ErrorKind.Unavailable, "sessions_full", "As many sessions are busy as may be. Try again in a few seconds.")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };
        }
    }

    private bool IsFull(int places) => _places.Count + places > _options.MaxSessions || Volatile.Read(ref _bytes) > _options.MaxBytes;

    private void Trim()
    {
        Volatile.Write(ref _trimming, false);
        lock (_gate)
        {
            MakeRoomLocked(0);
        }
    }

    private void DropIdle()
    {
        lock (_gate)
        {
            var node = _byUse.Last;
            while (node is not null && _time.GetElapsedTime(node.Value.UsedAt) > _options.Idle)
            {
                var next = node.Previous;
                if (node.Value.Session?.TryClose() == true)
                {
                    DropLocked(node);
                    _evictions++;
                }

                node = next;
            }
        }
    }

    private void DropLocked(LinkedListNode<Place> node)
    {
        if (node.List is not null)
        {
            _byUse.Remove(node);
            _places.Remove(node.Value.Id);
            Interlocked.Add(ref _bytes, -(node.Value.Session?.AccountedBytes ?? 0));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A turn of session {Session} failed in an unexpected way")]
    private partial void LogTurnFailed(Exception failure, string session);

    private sealed class Place(string id, Task<Session?> loading)
    {
        public string Id { get; } = id;

        public Task<Session?> Loading { get; set; } = loading;

        public Session? Session { get; set; }

        public long UsedAt { get; set; }
    }
}
