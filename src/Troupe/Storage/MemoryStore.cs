namespace Troupe.Storage;

/// <summary>A store that lasts as long as its process: for tests, for trying things, and as the model the others are checked against.
/// Thread-safe.</summary>
public sealed class MemoryStore : IStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Held> _sessions = [];
    private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeyRecord> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Owner, UInt128 Key), Receipt> _receipts = [];
    private long _lastNumber;

    /// <inheritdoc/>
    public long NextNumber() => Interlocked.Increment(ref _lastNumber);

    /// <inheritdoc/>
    public void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes)
    {
        lock (_gate)
        {
            var failed = new HashSet<long>();
            for (var i = 0; i < operations.Count; i++)
            {
                if (failed.Contains(operations[i].SessionNumber))
                {
                    outcomes[i] = new InvalidOperationException("an earlier operation of the session failed");
                    continue;
                }

                var undo = new Stack<Action>();
                try
                {
                    Apply(operations[i], undo);
                    outcomes[i] = null;
                }
                catch (Exception failure)
                {
                    // Also a mistake of the caller's: what it did must not harm the others of the batch.
                    while (undo.TryPop(out var step))
                    {
                        step();
                    }

                    outcomes[i] = failure;
                    if (operations[i].SessionNumber > 0)
                    {
                        failed.Add(operations[i].SessionNumber);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoredSession?> LoadSessionAsync(string id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_ids.TryGetValue(id, out var number))
            {
                return new((StoredSession?)null);
            }

            var held = _sessions[number];
            return new(new StoredSession(held.Record, [.. held.Entries], [.. held.Turns.Values]));
        }
    }

    /// <inheritdoc/>
    public ValueTask<SessionOutline?> OutlineAsync(string id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_ids.TryGetValue(id, out var number) && _sessions[number] is var held ? SessionOutline.Of(held.Record, held.Entries.Count, held.Turns.Values) : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Entry>> ReadEntriesAsync(long session, int after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new([.. _sessions.TryGetValue(session, out var held) ? held.Entries.Skip(after).Take(limit) : []]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            SessionRecord? before = null;
            if (query.Before is { } id)
            {
                if (!_ids.TryGetValue(id, out var number))
                {
                    return new(Array.Empty<SessionRecord>());
                }

                before = _sessions[number].Record;
            }

            var phrase = query.Text is { Length: > 0 } words ? new SearchPhrase(words) : null;
            IReadOnlyList<SessionRecord> found =
            [
                .. _sessions.Values
                    .Where(s => query.Owner is null || s.Record.Owner == query.Owner)
                    .Where(s => query.Archived || !s.Record.Archived)
                    .Where(s => before is null || IsBefore(s.Record, before))
                    .Where(s => phrase is null || phrase.IsIn(s.Record.Title) || s.Entries.Exists(e => phrase.IsIn(e.Text)))
                    .OrderByDescending(s => s.Record.UpdatedAt).ThenByDescending(s => s.Record.Number)
                    .Select(s => s.Record)
                    .Take(query.Limit),
            ];
            return new(found);
        }

        static bool IsBefore(SessionRecord a, SessionRecord b) =>
            a.UpdatedAt < b.UpdatedAt || (a.UpdatedAt == b.UpdatedAt && a.Number < b.Number);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FoundEntry>> FindEntriesAsync(IReadOnlyList<long> sessions, SearchPhrase phrase, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var found = new List<FoundEntry>();
            foreach (var number in sessions)
            {
                var hits = _sessions.TryGetValue(number, out var held) ? held.Entries.Where(e => phrase.IsIn(e.Text)) : [];
                if (hits.OrderBy(e => e.Role is not (EntryRole.User or EntryRole.Assistant)).FirstOrDefault() is { } first)
                {
                    found.Add(new FoundEntry(number, first.Seq, phrase.Excerpt(first.Text)));
                }
            }

            return new(found);
        }
    }

    /// <inheritdoc/>
    public ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var turns = _sessions.Values.Where(s => s.Record.Owner == owner && (agent is null || s.Record.Agent == agent)).SelectMany(s => s.Turns.Values).Where(t => t.At >= since).ToList();
            return new((turns.Sum(t => t.InputTokens + t.OutputTokens), turns.Sum(t => t.CostMicros)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<SessionRecord?> FindOriginAsync(string owner, string origin, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(FindOrigin(owner, origin));
        }
    }

    /// <inheritdoc/>
    public ValueTask BackupAsync(string path, CancellationToken cancellationToken) =>
        throw new TroupeException(ErrorKind.Conflict, "backup_unsupported", "What is in memory only cannot be backed up.");

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeyRecord>> ReadKeysAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new([.. _keys.Values]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Receipt?> FindReceiptAsync(string owner, UInt128 key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_receipts.GetValueOrDefault((owner, key)));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private void Apply(StoreOperation operation, Stack<Action> undo)
    {
        switch (operation)
        {
            case StoreOperation.CreateSession(var session):
                if (session.Origin is { } origin && FindOrigin(session.Owner, origin) is not null)
                {
                    throw new InvalidOperationException($"the origin '{origin}' is another session's");
                }

                if (_ids.ContainsKey(session.Id) || !_sessions.TryAdd(session.Number, new Held(session)))
                {
                    throw new InvalidOperationException($"session '{session.Id}' or its number {session.Number} exists");
                }

                _ids.Add(session.Id, session.Number);
                undo.Push(() =>
                {
                    _ids.Remove(session.Id);
                    _sessions.Remove(session.Number);
                });
                break;

            case StoreOperation.UpdateSession(var session):
                var updated = Find(session.Number);
                var former = updated.Record;
                updated.Record = former with
                {
                    Title = session.Title,
                    Archived = session.Archived,
                    Head = session.Head,
                    HeadAfter = session.HeadAfter,
                    UpdatedAt = session.UpdatedAt,
                };
                undo.Push(() => updated.Record = former);
                break;

            case StoreOperation.DeleteSession(var number):
                Delete(number, undo);
                break;

            case StoreOperation.WriteTurn(var number, var turn, var isNew, var entries):
                var held = Find(number);
                WriteTurn(held, turn, isNew, undo);
                Append(held, entries, undo);
                break;

            case StoreOperation.AppendEntries(var number, var entries):
                Append(Find(number), entries, undo);
                break;

            case StoreOperation.EraseEntries(var number, var seqs):
                Erase(number, seqs, undo);
                break;

            case StoreOperation.PutKey(var key):
                var earlier = _keys.GetValueOrDefault(key.Id);
                _keys[key.Id] = key;
                undo.Push(() =>
                {
                    if (earlier is null)
                    {
                        _keys.Remove(key.Id);
                    }
                    else
                    {
                        _keys[key.Id] = earlier;
                    }
                });
                break;

            case StoreOperation.PutReceipt(var receipt):
                if (!_receipts.TryAdd((receipt.Owner, receipt.Key), receipt))
                {
                    throw new InvalidOperationException("the idempotency key has a receipt");
                }

                undo.Push(() => _receipts.Remove((receipt.Owner, receipt.Key)));
                break;

            case StoreOperation.Together(var parts):
                foreach (var part in parts)
                {
                    Apply(part, undo);
                }

                break;
        }
    }

    private void Delete(long number, Stack<Action> undo)
    {
        if (!_sessions.Remove(number, out var deleted))
        {
            return;
        }

        var (owner, id) = (deleted.Record.Owner, deleted.Record.Id);
        _ids.Remove(id);
        var receipts = _receipts.Values.Where(r => r.Owner == owner && r.Made == id).ToList();
        receipts.ForEach(r => _receipts.Remove((r.Owner, r.Key)));
        undo.Push(() =>
        {
            _sessions.Add(number, deleted);
            _ids.Add(id, number);
            receipts.ForEach(r => _receipts.Add((r.Owner, r.Key), r));
        });
    }

    private static void WriteTurn(Held held, TurnRecord turn, bool isNew, Stack<Action> undo)
    {
        var exists = held.Turns.TryGetValue(turn.Number, out var former);
        if (exists == isNew)
        {
            throw new InvalidOperationException($"turn {turn.Number} {(exists ? "exists" : "does not exist")}");
        }

        if (isNew && turn.Key is { } key && !held.TurnKeys.Add(key))
        {
            throw new InvalidOperationException("the key is another turn's");
        }

        held.Turns[turn.Number] = former is null ? turn : turn with
        {
            Key = former.Key,
            BodyHash = former.BodyHash,
            RequestedParent = former.RequestedParent,
            Model = former.Model,
            At = former.At,
        };
        undo.Push(() =>
        {
            if (former is null)
            {
                held.Turns.Remove(turn.Number);
                if (turn.Key is { } added)
                {
                    held.TurnKeys.Remove(added);
                }
            }
            else
            {
                held.Turns[turn.Number] = former;
            }
        });
    }

    private static void Append(Held held, IReadOnlyList<Entry> entries, Stack<Action> undo)
    {
        var count = held.Entries.Count;
        undo.Push(() => held.Entries.RemoveRange(count, held.Entries.Count - count));
        foreach (var entry in entries)
        {
            if (entry.Seq != held.Entries.Count + 1)
            {
                throw new InvalidOperationException($"entry {entry.Seq} does not follow entry {held.Entries.Count}");
            }

            held.Entries.Add(entry);
        }
    }

    private void Erase(long number, IReadOnlyList<int> seqs, Stack<Action> undo)
    {
        foreach (var seq in seqs)
        {
            var held = Find(number);
            if (seq < 1 || seq > held.Entries.Count)
            {
                throw new InvalidOperationException($"entry {seq} does not exist");
            }

            var former = held.Entries[seq - 1];
            held.Entries[seq - 1] = former.Erase();
            undo.Push(() => held.Entries[seq - 1] = former);
        }
    }

    private SessionRecord? FindOrigin(string owner, string origin) =>
        _sessions.Values.FirstOrDefault(s => s.Record.Owner == owner && s.Record.Origin == origin)?.Record;

    private Held Find(long number) =>
        _sessions.TryGetValue(number, out var held) ? held : throw new InvalidOperationException($"session {number} is gone");

    private sealed class Held(SessionRecord record)
    {
        public SessionRecord Record { get; set; } = record;

        public List<Entry> Entries { get; } = [];

        public SortedDictionary<long, TurnRecord> Turns { get; } = [];

        public HashSet<UInt128> TurnKeys { get; } = [];
    }
}
