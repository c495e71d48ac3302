using System.Runtime.CompilerServices;
using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>A loaded session: its log, its turns and its mailbox. Everything that changes it passes one lock, runs one turn at a time
/// in order of arrival, and reaches the journal in that order. Thread-safe.</summary>
public sealed class Session
{
    /// <summary>The most characters a merged input or a reply may have.</summary>
    public const int MaxTextLength = 1_000_000;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UseResolution = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly SessionDirectory _directory;
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly SessionFence _fence = new();
    private readonly EntryLog _log;
    private readonly Dictionary<long, Turn> _turns = [];
    private readonly Dictionary<UInt128, Turn> _keys = [];
    private readonly List<Turn> _order = [];
    private readonly List<Turn> _waiting = [];
    private readonly List<Entry> _unwritten = [];
    private TaskCompletionSource? _turnAdded;
    private SessionRecord _record;
    private Turn? _running;
    private int _runningTail;
    private int _newestLeaf;
    private int _visible;
    private int _pending;
    private int _unsaved;
    private bool _closed;
    private bool _abandoning;
    private Turn? _interrupted;
    private bool _deleted;

    internal Session(StoredSession stored, SessionDirectory directory, Journal journal, TimeProvider time)
    {
        _record = stored.Session;
        _directory = directory;
        _journal = journal;
        _time = time;
        _log = new EntryLog(stored.Entries);
        _visible = _log.Count;
        foreach (var record in stored.Turns)
        {
            Remember(new Turn(record, isStored: true));
        }

        _log.Head = FindHead(stored.Turns);
        AccountLocked();
    }

    /// <summary>The session's row; it may be ahead of the disk.</summary>
    public SessionRecord Record => Volatile.Read(ref _record);

    /// <summary>What the runner keeps beside the session as long as it is loaded.</summary>
    public object? Attachment { get; set; }

    /// <summary>What the session weighs in memory, in bytes, roughly, as the directory has been told.</summary>
    internal long AccountedBytes { get; private set; }

    /// <summary>Whether nothing is under way.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _running is null && _waiting.Count == 0 && _pending == 0;
            }
        }
    }

    /// <summary>The leaf that a new input follows; 0 when the session is empty.</summary>
    public int Head
    {
        get
        {
            lock (_gate)
            {
                return _log.Head;
            }
        }
    }

    /// <summary>How many entries outsiders may see.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _visible;
            }
        }
    }

    /// <summary>How many entries there are, also those that are not on disk yet: for the host only.</summary>
    public int Accepted
    {
        get
        {
            lock (_gate)
            {
                return _log.Count;
            }
        }
    }

    /// <summary>The turns that wait for those before them, in order.</summary>
    public IReadOnlyList<TurnRecord> Waiting
    {
        get
        {
            lock (_gate)
            {
                return [.. _waiting.Select(t => t.Record)];
            }
        }
    }

    /// <summary>The number of the newest turn; 0 before the first.</summary>
    internal long NewestTurn
    {
        get
        {
            lock (_gate)
            {
                return _order.Count == 0 ? 0 : _order[^1].Number;
            }
        }
    }

    private bool IsBatched => _record.Durability == Durability.Batched;

    /// <summary>One entry, also one that is not on disk yet: for the runner only.</summary>
    public Entry this[int seq]
    {
        get
        {
            lock (_gate)
            {
                return _log[seq];
            }
        }
    }

    /// <summary>The entries after one, by seq, as far as outsiders may see them.</summary>
    public Entry[] Page(int after, int limit)
    {
        lock (_gate)
        {
            return _log.Page(after, limit, _visible);
        }
    }

    /// <summary>A turn by its number.</summary>
    /// <exception cref="TroupeException">There is none (code turn_not_found).</exception>
    public Turn FindTurn(long number)
    {
        lock (_gate)
        {
            return _turns.TryGetValue(number, out var turn) ? Resolve(turn) : throw TroupeException.NoSuchTurn(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The turn's end, or the question that it waits with, as soon as it may be told. Leaving early does not stop the turn.</summary>
    public Task<TurnResult> WaitAsync(Turn turn, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            turn = Resolve(turn);
            return turn.Live is { } live ? live.Told.WaitAsync(cancellationToken) : Task.FromResult(ResultOf(turn, null));
        }
    }

    /// <summary>What happens in a turn, from the reader's position on, to its end.</summary>
    public IAsyncEnumerable<TurnEvent> FollowAsync(Turn turn, TurnPosition? from, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            turn = Resolve(turn);
            return new TurnReader(turn, turn.Live is null ? ResultOf(turn, null) : null).ReadAsync(from, cancellationToken);
        }
    }

    /// <summary>What happens in the session from the reader's position on, turn after turn, until the reader leaves or the session is
    /// unloaded. Without a position: from the turn after a given one, or from the beginning of what is not told to its end, or of what comes next.</summary>
    internal async IAsyncEnumerable<TurnEvent> FollowAllAsync(TurnPosition? from, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = FirstToFollow(from, after);
        while (true)
        {
            Turn? turn;
            Task added;
            lock (_gate)
            {
                ThrowIfClosedLocked();
                turn = next < _order.Count ? _order[next++] : null;
                added = turn is null ? (_turnAdded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
            }

            if (turn is null)
            {
                await added.WaitAsync(cancellationToken);
                continue;
            }

            await foreach (var happened in FollowAsync(turn, from, cancellationToken))
            {
                yield return happened;
            }
        }
    }

    /// <summary>Takes an input: starts its turn, queues it, or finds the turn that its key began.</summary>
    /// <param name="input">What is said; its text has been checked.</param>
    /// <param name="policy">The agent's.</param>
    /// <param name="room">Room for it; the turn keeps it, or it is disposed here.</param>
    /// <param name="with">What is to be written in the same transaction before the turn, such as the session itself; null for nothing.</param>
    /// <exception cref="TroupeException">The input is refused; nothing has changed.</exception>
    internal Turn Submit(TurnInput input, SessionPolicy policy, JournalRoom room, StoreOperation? with = null)
    {
        var kept = false;
        try
        {
            Turn turn;
            bool start;
            lock (_gate)
            {
                ThrowIfClosedLocked();
                if (input.KeyHash is { } key && _keys.TryGetValue(key, out var known))
                {
                    if (known.Record.BodyHash != input.BodyHash)
                    {
                        throw TroupeException.KeyReused();
                    }

                    known = Resolve(known);
                    if (_log.IsErased(known.Record))
                    {
                        throw new TroupeException(ErrorKind.Conflict, "turn_erased", $"What the turn {known.Number} came to was erased; it is not told again. Use a new key for a new message.");
                    }

                    if (known.Record.State is not (TurnState.Failed or TurnState.Abandoned) || known.Live is not null)
                    {
                        return known;
                    }

                    policy.Admit?.Invoke(this, input);
                    MakeWayLocked(policy);
                    turn = known;
                    turn.NoCache = input.NoCache || input.Regenerate is not null;
                    turn.Error = null;
                    turn.Record = turn.Record with { State = TurnState.Queued, Epoch = turn.Record.Epoch + 1, Error = null, ReplySeq = 0 };
                    turn.ResumeAt = _log.ResumeAt(turn.Record);
                    turn.Unsettle();
                    _order.Add(turn);
                    Wake();
                }
                else
                {
                    CheckTargetLocked(input);
                    policy.Admit?.Invoke(this, input);
                    if (policy.Input == InputPolicy.Merge && TryMergeLocked(input, room) is { } joined)
                    {
                        kept = true;
                        return joined;
                    }

                    MakeWayLocked(policy);
                    turn = new Turn(NewRecord(input)) { NoCache = input.NoCache || input.Regenerate is not null };
                    Remember(turn);
                }

                turn.Live = new TurnLive(room, _time.GetTimestamp(), _log.Spoken(turn.Record.UserSeq, turn.ResumeAt));
                kept = true;
                start = _running is null;
                if (start)
                {
                    StartLocked(turn, with);
                }
                else
                {
                    _waiting.Add(turn);
                    if (!IsBatched)
                    {
                        WriteLocked(turn, [], null);
                    }
                }
            }

            if (start)
            {
                _ = RunAsync(turn);
            }

            return turn;
        }
        finally
        {
            if (!kept)
            {
                room.Dispose();
            }
        }
    }

    /// <summary>Adds to the running turn's reply. What exceeds <see cref="MaxTextLength"/> is dropped.</summary>
    /// <returns>Whether there was room for all of it.</returns>
    public bool Say(Turn turn, string text)
    {
        if (turn.Live is not { } live)
        {
            return false;
        }

        var room = MaxTextLength - live.Length;
        live.Append(text.Length <= room ? text : TextRules.Mend(text[..Math.Max(0, room)]));
        return text.Length <= room;
    }

    /// <summary>Adds an entry that belongs to the running turn, behind what the turn has so far.</summary>
    public Entry Add(Turn turn, EntryRole role, string text, string? data = null)
    {
        lock (_gate)
        {
            if (_running != turn)
            {
                throw new InvalidOperationException("Only the running turn adds entries.");
            }

            var entry = _log.Add(_runningTail, turn.Number, role, _time.Now(), text, data);
            _runningTail = entry.Seq;
            _unwritten.Add(entry);
            return entry;
        }
    }

    /// <summary>Ends a round of the model: what it said since the last one becomes an entry.</summary>
    internal void EndRound(Turn turn)
    {
        var live = turn.Live!;
        var said = live.Read(live.Written);
        if (said.Length > 0)
        {
            Add(turn, EntryRole.Assistant, said);
            live.Written += said.Length;
        }
    }

    /// <summary>Writes what the running turn has so far, with all that is batched before it.</summary>
    /// <returns>Completes when it is on disk.</returns>
    internal Task SaveAsync(Turn turn)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ThrowIfClosedLocked();
            var entries = TakeUnwritten();
            var newest = entries.Length > 0 ? entries[^1].Seq : 0;
            if (IsBatched)
            {
                _journal.Flush();
            }

            var operation = new StoreOperation.WriteTurn(_record.Number, turn.Record, !turn.IsStored, entries);
            turn.IsStored = true;
            _pending++;
            _journal.Append(operation, _fence, turn.Live!.Room, deferred: false, failure =>
            {
                Written(failure, newest);
                _ = failure is null ? done.TrySetResult() : done.TrySetException(failure);
            });
        }

        return done.Task;
    }

    /// <summary>Tells readers of a tool's call or result.</summary>
    internal void Note(Turn turn, ToolNotice notice) => turn.Live?.Note(notice with { Offset = turn.Live.Length });

    /// <summary>Lets the running turn wait for a person's answers about some calls; the question is on disk before it is asked.</summary>
    internal async Task AskAsync(Turn turn, IReadOnlyList<PendingCall> calls, CancellationToken cancellationToken)
    {
        var live = turn.Live!;
        SetState(turn, TurnState.Waiting);
        await SaveAsync(turn);
        await live.AskAsync(ResultOf(turn, null, live.Text) with { Asked = calls }, cancellationToken);
        SetState(turn, TurnState.Running);
        await SaveAsync(turn);
    }

    /// <summary>Whether a person said yes to a call.</summary>
    internal static bool IsApproved(Turn turn, string callId) => turn.Live?.IsApproved(callId) == true;

    /// <summary>Takes a person's yes or no to a call that a turn waits with.</summary>
    /// <exception cref="TroupeException">The turn does not wait for that (code turn_not_waiting).</exception>
    public Turn Answer(long number, string callId, bool approve)
    {
        lock (_gate)
        {
            ThrowIfClosedLocked();
            var turn = FindTurn(number);
            return turn.Live?.Answer(callId, approve) == true ? turn : throw new TroupeException(
                ErrorKind.Conflict, "turn_not_waiting", $"The turn {number} does not wait for an answer about the call '{(callId.Length > 80 ? callId[..80] : callId)}'.");
        }
    }

    /// <summary>The calls of a turn that have no result yet.</summary>
    internal List<Entry> OpenCalls(Turn turn)
    {
        lock (_gate)
        {
            return _log.OpenCalls(_runningTail, turn.Record.UserSeq);
        }
    }

    /// <summary>The ids of all calls on the running turn's path.</summary>
    internal HashSet<string> CallIds(Turn turn)
    {
        lock (_gate)
        {
            var ids = new HashSet<string>(StringComparer.Ordinal);
            for (var seq = _runningTail; seq > turn.Record.UserSeq; seq = _log[seq].Parent)
            {
                if (ToolData.Read(_log[seq]) is { } data)
                {
                    ids.Add(data.CallId);
                }
            }

            return ids;
        }
    }

    /// <summary>The newest entry of the running turn.</summary>
    internal int Tail
    {
        get
        {
            lock (_gate)
            {
                return _runningTail;
            }
        }
    }

    /// <summary>Tells of the running turn and of those that wait behind it.</summary>
    internal void TellUnderWay(OldestTurns turns)
    {
        lock (_gate)
        {
            if (_running is { Live: { } live } running)
            {
                turns.Add(_record, running, live.AcceptedAt, _waiting.Count);
            }

            for (var place = 0; place < _waiting.Count; place++)
            {
                turns.Add(_record, _waiting[place], _waiting[place].Live!.AcceptedAt, _waiting.Count - 1 - place);
            }
        }
    }

    private void SetState(Turn turn, TurnState state)
    {
        lock (_gate)
        {
            turn.Record = turn.Record with { State = state };
        }
    }

    /// <summary>Stops a turn: a running one keeps what it said, a waiting one is never begun, one that has ended stays as it is.</summary>
    public Turn Cancel(long number)
    {
        Turn turn;
        lock (_gate)
        {
            ThrowIfClosedLocked();
            turn = FindTurn(number);
            if (_running == turn)
            {
                turn.Live!.Cancel();
            }
            else if (_waiting.Remove(turn))
            {
                turn.Record = turn.Record with { State = TurnState.Cancelled };
                EndLocked(turn, new TurnOutcome(TurnState.Cancelled));
            }
        }

        return turn;
    }

    /// <summary>Stops the running turn and all that wait.</summary>
    public void CancelAll()
    {
        lock (_gate)
        {
            foreach (var turn in _waiting.ToArray())
            {
                Cancel(turn.Number);
            }

            if (_running is { } running)
            {
                Cancel(running.Number);
            }
        }
    }

    /// <summary>Changes title, place in the list, or the leaf that the next input follows; null leaves a thing as it is.</summary>
    public async Task UpdateAsync(string? title, bool? archived, int? head, CancellationToken cancellationToken)
    {
        using var room = await _journal.ReserveAsync(512 + (2 * (title?.Length ?? 0)), cancellationToken);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ThrowIfClosedLocked();
            if (head is { } leaf && !IsEntryLocked(leaf))
            {
                throw NoSuchEntry("head", leaf);
            }

            var (former, formerHead) = (_record, _log.Head);
            Volatile.Write(ref _record, _record with
            {
                Title = title ?? _record.Title,
                Archived = archived ?? _record.Archived,
                Head = head ?? _record.Head,
                HeadAfter = head is null ? _record.HeadAfter : _log.Count,
                UpdatedAt = _time.Now(),
            });
            _newestLeaf = Math.Max(_newestLeaf, _record.HeadAfter);
            _log.Head = head ?? _log.Head;
            if (IsBatched)
            {
                // The row may point at entries that are not saved yet; they go before it.
                _journal.Flush();
            }

            var wanted = _record;
            _pending++;

            // With a fence of its own: nothing is made on this row, so what fails for a while takes nothing else with it.
            _journal.Append(new StoreOperation.UpdateSession(wanted), new SessionFence(), room, deferred: false, failure =>
            {
                if (failure is TroupeException { Kind: ErrorKind.Unavailable } and not StoreFaultedException)
                {
                    TakeBack(wanted, former, formerHead);
                }
                else
                {
                    Written(failure, 0);
                }

                _ = failure is null ? done.TrySetResult() : done.TrySetException(failure);
            });
        }

        await done.Task;
    }

    /// <summary>Adds a remark of the host beside the conversation: it follows the head, and what is said next does not follow it.</summary>
    /// <param name="sizeBytes">About what the remark and what is written with it weigh.</param>
    /// <param name="decide">What to add, given all entries, also those that are not on disk yet; null for nothing. Called with the session locked;
    /// it must be quick, and may refuse by throwing.</param>
    /// <param name="cancellationToken">The caller has gone; a remark that was decided is written all the same.</param>
    /// <returns>The entry, when it is on disk; null when there is nothing to add.</returns>
    public async Task<Entry?> RemarkAsync(int sizeBytes, Func<IReadOnlyList<Entry>, Remark?> decide, CancellationToken cancellationToken)
    {
        using var room = await _journal.ReserveAsync(sizeBytes, cancellationToken);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Entry entry;
        lock (_gate)
        {
            ThrowIfClosedLocked();
            if (decide(_log.Page(0, _log.Count, _log.Count)) is not { } remark)
            {
                return null;
            }

            entry = _log.Add(_log.Head, 0, EntryRole.Note, _time.Now(), remark.Text, remark.Data);
            if (_order.Count == 0 && _record.HeadAfter == 0)
            {
                // As it will be when the session is loaded anew.
                _log.Head = entry.Seq;
            }

            // What the running turn has so far stands before it in the log, and goes before it to the disk.
            _unwritten.Add(entry);
            if (IsBatched)
            {
                _journal.Flush();
            }

            AccountLocked();
            StoreOperation operation = new StoreOperation.AppendEntries(_record.Number, TakeUnwritten());
            _pending++;
            _journal.Append(remark.With is null ? operation : new StoreOperation.Together([operation, remark.With]), _fence, room, deferred: false, failure =>
            {
                Written(failure, entry.Seq);
                _ = failure is null ? done.TrySetResult() : done.TrySetException(failure);
            });
        }

        await done.Task;
        return entry;
    }

    private void TakeBack(SessionRecord wanted, SessionRecord former, int formerHead)
    {
        lock (_gate)
        {
            _pending--;
            if (ReferenceEquals(_record, wanted))
            {
                Volatile.Write(ref _record, former);
                _log.Head = wanted.HeadAfter == former.HeadAfter ? _log.Head : formerHead;
            }
        }
    }

    /// <summary>Erases what the owner or the agent said in an entry, and all that follows from it, for good. The places stay. A title that was taken from what is
    /// erased goes too; the head moves out of the branch.</summary>
    /// <returns>The head, and how many entries were erased: none when they were already.</returns>
    /// <exception cref="TroupeException">There is no such entry (code entry_not_found), it is neither a message nor a reply (code entry_not_erasable), or a turn is
    /// under way behind it (code branch_busy); nothing has changed.</exception>
    public async Task<(int Head, int Erased)> EraseAsync(int seq, CancellationToken cancellationToken)
    {
        using var room = await _journal.ReserveAsync(512 + (sizeof(int) * Count), cancellationToken);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (int, int) result;
        lock (_gate)
        {
            ThrowIfClosedLocked();
            if (_directory.PolicyOf(_record.Agent).IsKeptWhole)
            {
                throw new TroupeException(ErrorKind.Conflict, "session_kept_whole", $"Of a session with '{_record.Agent}' nothing is erased by itself. Delete the session to erase all of it.");
            }

            var branch = BranchLocked(seq);
            if (branch.Count > 0)
            {
                var operation = EraseLocked(seq, branch);
                if (IsBatched)
                {
                    // What is not saved yet goes before what erases it.
                    _journal.Flush();
                }

                // With the session's fence: should it fail, the session is loaded anew, as the store has it.
                _pending++;
                _journal.Append(operation, _fence, room, deferred: false, failure =>
                {
                    Written(failure, 0);
                    _ = failure is null ? done.TrySetResult() : done.TrySetException(failure);
                });
            }
            else
            {
                done.SetResult();
            }

            result = (Math.Min(_log.Head, _visible), branch.Count);
        }

        await done.Task;
        if (result.Item2 > 0)
        {
            _directory.TellErased(_record);
        }

        return result;
    }

    /// <summary>The entries that an erasure takes; none when they are erased already.</summary>
    private List<int> BranchLocked(int seq)
    {
        if (seq < 1 || seq > _visible)
        {
            throw new TroupeException(ErrorKind.NotFound, "entry_not_found", $"The session has no entry {seq}.");
        }

        var branch = _log[seq].Role switch
        {
            EntryRole.User or EntryRole.Assistant => _log.Branch(seq),
            EntryRole.Erased => [],
            _ => throw new TroupeException(ErrorKind.Invalid, "entry_not_erasable", $"The entry {seq} is neither a message nor a reply. Erase the message or the reply that it belongs to."),
        };
        var busy = _turns.Values.FirstOrDefault(t => t.Live is not null && (branch.Contains(t == _running ? _runningTail : t.Record.Leaf) || branch.Contains(t.Record.RequestedParent ?? 0)));
        return busy is null ? branch : throw new TroupeException(
            ErrorKind.Conflict, "branch_busy", $"The turn {busy.Number} is under way behind the entry {seq}. Wait for it, or cancel it.");
    }

    private StoreOperation.Together EraseLocked(int seq, List<int> branch)
    {
        var hadTitle = branch.Exists(n => _log[n].Role == EntryRole.User && SessionTitle.Of(_log[n].Text) == _record.Title);
        branch.ForEach(_log.Erase);

        // It holds what a model has seen; the next turn's is built from the log.
        Attachment = null;
        var record = _record with { UpdatedAt = _time.Now() };
        if (hadTitle)
        {
            record = record with { Title = _log.Page(0, _visible, _visible).FirstOrDefault(e => e.Role == EntryRole.User) is { } first ? SessionTitle.Of(first.Text) : null };
        }

        if (_log.Head > 0 && _log[_log.Head].Role == EntryRole.Erased)
        {
            // Past every turn that has ended, so that none of those that are erased is where the session goes on when it is loaded anew.
            _newestLeaf = Math.Max(_newestLeaf, _log.Head);
            _log.Head = _log.NewestAfter(_log[seq].Parent, IsSettled);
            record = record with { Head = _log.Head, HeadAfter = _newestLeaf };
        }

        Volatile.Write(ref _record, record);
        AccountLocked();
        return new StoreOperation.Together([new StoreOperation.EraseEntries(_record.Number, branch), new StoreOperation.UpdateSession(_record)]);

        bool IsSettled(Entry entry) => entry.Seq <= _visible
            && (entry.TurnNumber == 0 || (_turns.TryGetValue(entry.TurnNumber, out var turn) && turn.Live is null && turn.Record.State is TurnState.Completed or TurnState.Cancelled));
    }

    /// <summary>Ends the session for good: its turns stop, its words are erased from the store, its id is unknown afterwards.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        Turn? running;
        List<Turn> waiting;
        lock (_gate)
        {
            ThrowIfClosedLocked();
            _deleted = true;
            running = _running;
            waiting = [.. _waiting];
            _waiting.Clear();
            running?.Live?.Cancel();
        }

        foreach (var turn in waiting)
        {
            turn.Live?.Fail(TroupeException.NoSuchSession(_record.Id));
        }

        // From here on it is not the caller's to stop: half a deletion is none. A model that does not heed its token is not waited for; what
        // it says is for nobody.
        if (running?.Live is { } live)
        {
            await Task.WhenAny(live.RunStopped.Task, Task.Delay(StopTimeout, _time, CancellationToken.None));
        }

        try
        {
            _journal.Flush();
            await _journal.WriteAsync(new StoreOperation.DeleteSession(_record.Number), cancellationToken: CancellationToken.None);
        }
        catch
        {
            // Nothing is deleted: the session is loaded anew, as the store has it.
            Close();
            throw;
        }

        Close();
        _directory.TellDeleted(_record);
    }

    /// <summary>The tokens and the cost, in millionths, of all turns.</summary>
    public (long Tokens, long CostMicros) Spent()
    {
        lock (_gate)
        {
            // Each once: a turn that was run anew is in the order twice.
            return (_turns.Values.Sum(t => t.Record.InputTokens + t.Record.OutputTokens), _turns.Values.Sum(t => t.Record.CostMicros));
        }
    }

    /// <summary>Closes the session if nothing is under way in it, so that it can be loaded anew later.</summary>
    internal bool TryClose()
    {
        lock (_gate)
        {
            // With a broken fence there are callers to be told why, which closing for want of use does not.
            if (_running is not null || _waiting.Count > 0 || _pending > 0 || _deleted || _fence.Cause is not null)
            {
                return _closed;
            }

            _closed = true;
            Wake();
            return true;
        }
    }

    /// <summary>What must be written before a session that was loaded after a crash can go on; null when nothing.</summary>
    internal StoreOperation? Recover()
    {
        var operations = new List<StoreOperation>();
        foreach (var turn in _order)
        {
            if (turn.Record.State is not (TurnState.Queued or TurnState.Running or TurnState.Waiting))
            {
                continue;
            }

            var open = turn.Record.UserSeq == 0 ? [] : _log.OpenCalls(_log.TailOf(turn.Record), turn.Record.UserSeq);
            if (open.Exists(c => ToolData.Read(c)?.Kind == ToolData.UnsafeKind))
            {
                // Whether it took effect is not known: the turn goes on by asking a person.
                _interrupted = turn;
                continue;
            }

            // A message that was accepted but not begun becomes an entry now: nothing that was acknowledged may be out of sight.
            List<Entry> entries = [];
            var record = turn.Record;
            if (record.UserSeq == 0)
            {
                entries.Add(_log.Add(record.RequestedParent ?? _log.Head, turn.Number, EntryRole.User, record.At, record.Input ?? "", null));
            }

            // History stays valid: no call without a result. These may run again, so nothing is unknown.
            foreach (var call in open)
            {
                var data = ToolData.Read(call)!;
                entries.Add(_log.Add(
                    _log.TailOf(record), turn.Number, EntryRole.ToolResult, _time.Now(), "The host stopped before the tool answered.",
                    new ToolData(data.CallId, data.Name, Status: "not_run").Write()));
            }

            turn.Record = record with
            {
                State = TurnState.Abandoned,
                Epoch = record.Epoch + 1,
                Input = null,
                UserSeq = record.UserSeq == 0 ? _log.Count : record.UserSeq,
            };
            operations.Add(new StoreOperation.WriteTurn(_record.Number, turn.Record, IsNew: false, entries));
        }

        _visible = _log.Count;
        AccountLocked();
        return operations.Count == 0 ? null : new StoreOperation.Together(operations);
    }

    /// <summary>Whether a turn was interrupted in the middle of an unsafe tool, and goes on by asking a person.</summary>
    internal bool HasInterrupted => _interrupted is not null;

    /// <summary>Goes on with a turn that was interrupted in the middle of an unsafe tool.</summary>
    internal void Resume(JournalRoom room)
    {
        var turn = _interrupted!;
        lock (_gate)
        {
            _interrupted = null;
            _running = turn;
            _runningTail = _log.TailOf(turn.Record);
            turn.Record = turn.Record with { State = TurnState.Running };
            turn.Live = new TurnLive(room, _time.GetTimestamp(), _log.Spoken(turn.Record.UserSeq, _runningTail));
            turn.Live.MarkStarted();
        }

        _ = RunAsync(turn);
    }

    /// <summary>Ends the turns under way as abandoned, because the process is about to end.</summary>
    internal void Abandon()
    {
        lock (_gate)
        {
            _abandoning = true;
            if (_running?.Record.State == TurnState.Waiting)
            {
                // Its question is on disk, and is asked again after the next start.
                _closed = true;
            }

            _running?.Live?.Cancel();
        }
    }

    private static TroupeException NoSuchEntry(string member, int seq) =>
        new(ErrorKind.Invalid, "entry_not_found", $"'{member}' is {seq}; the session has no such entry.") { Member = member };

    private void Remember(Turn turn)
    {
        _turns.Add(turn.Number, turn);
        if (turn.Record.Key is { } key)
        {
            _keys.Add(key, turn);
        }

        if (turn.Record.State is not TurnState.Merged)
        {
            _order.Add(turn);
            Wake();
        }
    }

    private void Wake()
    {
        _turnAdded?.TrySetResult();
        _turnAdded = null;
    }

    private int FindHead(IReadOnlyList<TurnRecord> turns)
    {
        var outline = SessionOutline.Of(_record, _log.Count, turns);
        _newestLeaf = Math.Max(outline.NewestLeaf, _record.HeadAfter);
        return outline.Head;
    }

    private int FirstToFollow(TurnPosition? from, long? after)
    {
        lock (_gate)
        {
            if (from is { } position && _turns.TryGetValue(position.Turn, out var known))
            {
                return _order.LastIndexOf(Resolve(known));
            }

            if (after is { } seen)
            {
                var index = _order.FindIndex(t => t.Number > seen);
                return index < 0 ? _order.Count : index;
            }

            // What has begun and is not told to its end, which may be a turn whose reply is still on its way to the disk; without one, what comes next.
            var first = _order.Count;
            while (first > 0 && _order[first - 1].Live is { Ended.IsCompleted: false })
            {
                first--;
            }

            return first;
        }
    }

    private void ThrowIfClosedLocked()
    {
        if (_deleted)
        {
            throw TroupeException.NoSuchSession(_record.Id);
        }

        if (_closed || _fence.Cause is not null)
        {
            throw new SessionClosedException();
        }
    }

    private Turn Resolve(Turn turn) => turn.Record.MergedInto > 0 && _turns.TryGetValue(turn.Record.MergedInto, out var target) ? target : turn;

    /// <summary>Whether one may go on from a seq: from what is there for outsiders, or from 0.</summary>
    private bool IsEntryLocked(int seq) => seq == 0 || (seq > 0 && seq <= _visible && _log[seq].Role != EntryRole.Erased);

    private void CheckTargetLocked(TurnInput input)
    {
        if (input.Parent is { } parent && !IsEntryLocked(parent))
        {
            throw NoSuchEntry("parent", parent);
        }

        if (input.Regenerate is { } seq && (seq < 1 || seq > _visible || _log[seq].Role != EntryRole.User))
        {
            throw new TroupeException(ErrorKind.Invalid, "entry_not_found", $"'regenerate' is {seq}; it must be the seq of a user entry.")
            {
                Member = "regenerate",
            };
        }
    }

    private TurnRecord NewRecord(TurnInput input) => new()
    {
        Number = _directory.NextNumber(),
        Key = input.KeyHash,
        BodyHash = input.Key is null ? null : input.BodyHash,
        State = TurnState.Queued,
        Input = input.Message,
        RequestedParent = input.Parent,
        Model = input.Model,
        UserSeq = input.Regenerate ?? 0,
        At = _time.Now(),
    };

    private void MakeWayLocked(SessionPolicy policy)
    {
        if (_running is null)
        {
            return;
        }

        if (policy.Input == InputPolicy.Reject)
        {
            throw new TroupeException(ErrorKind.Conflict, "session_busy", "The session is answering another input. Wait for it, or cancel it.");
        }

        if (_waiting.Count >= policy.MaxWaiting)
        {
            throw new TroupeException(ErrorKind.TooMany, "session_queue_full", $"{_waiting.Count} inputs wait in this session already. Wait for some answers.")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };
        }

        if (policy.Input == InputPolicy.Interrupt)
        {
            _running.Live?.Cancel();
            foreach (var waiting in _waiting)
            {
                waiting.Live?.Cancel();
            }
        }
    }

    private Turn? TryMergeLocked(TurnInput input, JournalRoom room)
    {
        if (_waiting is not [.., var target]
            || input.Message is null || target.Record.Input is not { } waiting
            || target.Record.RequestedParent != input.Parent || target.Record.Model != input.Model
            || waiting.Length + input.Message.Length + 2 > MaxTextLength)
        {
            return null;
        }

        target.Record = target.Record with { Input = $"{waiting}\n\n{input.Message}" };
        target.NoCache |= input.NoCache;
        Turn? alias = null;
        if (input.Key is not null)
        {
            alias = new Turn(NewRecord(input) with { State = TurnState.Merged, Input = null, MergedInto = target.Number });
            Remember(alias);
        }

        if (IsBatched)
        {
            room.Dispose();
            if (alias is not null)
            {
                (target.UnstoredAliases ??= []).Add(alias);
            }
        }
        else
        {
            var writes = new List<StoreOperation> { new StoreOperation.WriteTurn(_record.Number, target.Record, IsNew: false, []) };
            if (alias is not null)
            {
                alias.IsStored = true;
                writes.Add(new StoreOperation.WriteTurn(_record.Number, alias.Record, IsNew: true, []));
            }

            _pending++;
            _journal.Append(new StoreOperation.Together(writes), _fence, room, deferred: false, failure =>
            {
                room.Dispose();
                Written(failure, 0);
            });
        }

        return target;
    }

    private void StartLocked(Turn turn, StoreOperation? with)
    {
        _running = turn;
        var record = turn.Record;
        if (record.UserSeq == 0)
        {
            var parent = record.RequestedParent ?? _log.Head;
            var entry = _log.Add(parent, turn.Number, EntryRole.User, _time.Now(), record.Input!, null);
            _unwritten.Add(entry);
            record = record with { UserSeq = entry.Seq, Input = null };
        }

        AccountLocked();
        turn.Record = record with { State = TurnState.Running };
        _runningTail = Math.Max(record.UserSeq, turn.ResumeAt);
        if (IsBatched)
        {
            if (with is not null)
            {
                _pending++;
                _journal.Append(with, _fence, turn.Live!.Room, deferred: false, failure => Written(failure, 0));
            }

            turn.Live!.MarkStarted();
        }
        else
        {
            var live = turn.Live!;
            WriteLocked(turn, TakeUnwritten(), UseLocked(turn, with), live.MarkStarted);
        }
    }

    /// <summary>Queues a turn's row and entries; in the same transaction goes what must come before.</summary>
    private void WriteLocked(Turn turn, IReadOnlyList<Entry> entries, StoreOperation? with, Action? written = null)
    {
        StoreOperation operation = new StoreOperation.WriteTurn(_record.Number, turn.Record, !turn.IsStored, entries);
        turn.IsStored = true;
        if (with is not null)
        {
            operation = new StoreOperation.Together([with, operation]);
        }

        if (turn.UnstoredAliases is { } aliases)
        {
            turn.UnstoredAliases = null;
            operation = new StoreOperation.Together(
                [operation, .. aliases.Select(a => new StoreOperation.WriteTurn(_record.Number, a.Record, IsNew: true, []))]);
        }

        var newest = entries.Count > 0 ? entries[^1].Seq : 0;
        _unsaved += entries.Count;
        _pending++;
        _journal.Append(operation, _fence, turn.Live!.Room, IsBatched, failure =>
        {
            Written(failure, newest, entries.Count);
            if (failure is null)
            {
                written?.Invoke();
            }
        });
    }

    /// <summary>The session's own row, when its title or its last use is to be written with this turn.</summary>
    private StoreOperation? UseLocked(Turn turn, StoreOperation? with)
    {
        var now = _time.Now();
        if (_record.Title is not null && now - _record.UpdatedAt < UseResolution)
        {
            return with;
        }

        Volatile.Write(ref _record, _record with { Title = _record.Title ?? SessionTitle.Of(_log[turn.Record.UserSeq].Text), UpdatedAt = now });
        var use = new StoreOperation.UpdateSession(_record);
        return with is null ? use : new StoreOperation.Together([with, use]);
    }

    private Entry[] TakeUnwritten()
    {
        Entry[] entries = [.. _unwritten];
        _unwritten.Clear();
        return entries;
    }

    private async Task RunAsync(Turn turn)
    {
        var live = turn.Live!;
        TurnOutcome outcome;
        try
        {
            // A waiting turn that was interrupted is begun, so that its words are kept, and ended without a model.
            outcome = Volatile.Read(ref _abandoning) || live.Cancelled.IsCancellationRequested
                ? new TurnOutcome(TurnState.Cancelled)
                : await _directory.Runner(this, turn, live.Cancelled);
            if (Volatile.Read(ref _abandoning) && outcome.State == TurnState.Cancelled)
            {
                outcome = outcome with { State = TurnState.Abandoned, Error = new("turn_abandoned", "The server stopped before the reply was complete. The same key runs the turn anew.") };
            }
        }
        catch (Exception failure)
        {
            _directory.Report(failure, this);
            outcome = new TurnOutcome(TurnState.Failed, Error: new("internal_error", "The host failed while answering. It has been logged."));
        }

        Turn? next = null;
        lock (_gate)
        {
            if (_deleted || _closed || _fence.Cause is not null || live.Ended.IsCompleted)
            {
                live.Fail(ReasonLocked());
            }
            else
            {
                EndLocked(turn, outcome);
                next = _waiting is [var first, ..] ? first : null;
            }

            _running = null;
            if (next is not null)
            {
                _waiting.RemoveAt(0);
                StartLocked(next, null);
            }
        }

        live.RunStopped.TrySetResult();
        if (next is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static x => _ = x.Session.RunAsync(x.Turn), (Session: this, Turn: next), preferLocal: false);
        }
    }

    private TroupeException ReasonLocked() => _fence.Cause switch
    {
        null when _abandoning => new(ErrorKind.Unavailable, "stopping", "The server is stopping; the turn's question is asked again after its next start.") { RetryAfter = TimeSpan.FromSeconds(5) },
        null => TroupeException.NoSuchSession(_record.Id),
        TroupeException known => known,
        var cause => new(ErrorKind.Unavailable, "session_fenced", "An earlier write of this session failed; send the request again.", cause),
    };

    private void EndLocked(Turn turn, TurnOutcome outcome)
    {
        var live = turn.Live!;
        var reply = live.Text;
        var record = turn.Record;
        turn.Error = outcome.Error;
        var begun = _running == turn;
        if (begun && (reply.Length > live.Written || (outcome.State == TurnState.Completed && reply.Length == 0)))
        {
            var entry = _log.Add(_runningTail, turn.Number, EntryRole.Assistant, _time.Now(), reply[live.Written..], outcome.Data);
            _unwritten.Add(entry);
            record = record with { ReplySeq = entry.Seq };
        }
        else if (begun && _runningTail > record.UserSeq)
        {
            record = record with { ReplySeq = _runningTail };
        }

        turn.Record = record with
        {
            State = outcome.State,
            Epoch = record.Epoch + (outcome.State == TurnState.Abandoned ? 1 : 0),
            InputTokens = record.InputTokens + outcome.InputTokens,
            OutputTokens = record.OutputTokens + outcome.OutputTokens,
            CostMicros = record.CostMicros + outcome.CostMicros,
            Cached = outcome.Cached,
            Error = outcome.Error?.Code,
        };
        if (begun && outcome.State is TurnState.Completed or TurnState.Cancelled)
        {
            MoveHeadLocked(turn.Record.Leaf);
        }

        var entries = begun ? TakeUnwritten() : [];
        AccountLocked();
        var result = ResultOf(turn, outcome.Error, reply);
        if (IsBatched)
        {
            _visible = _log.Count;
            WriteLocked(turn, entries, begun ? UseLocked(turn, null) : null);
            turn.Live = null;
            Tell(live, result);
            SaveWhenDue();
        }
        else
        {
            WriteLocked(turn, entries, null, () =>
            {
                lock (_gate)
                {
                    turn.Live = null;
                }

                Tell(live, result);
            });
        }
    }

    /// <summary>The head follows what is new in the log, so that it is the same when the session is loaded anew.</summary>
    private void MoveHeadLocked(int leaf)
    {
        if (leaf > _newestLeaf)
        {
            _newestLeaf = leaf;
            _log.Head = leaf;
        }
    }

    private void Tell(TurnLive live, TurnResult result)
    {
        live.End(result);
        _directory.TurnMetrics.Record(result.State, _time.GetElapsedTime(live.AcceptedAt));
    }

    private void AccountLocked()
    {
        var size = 1024 + _log.SizeBytes + (_turns.Count * 256L);
        _directory.Grew(size - AccountedBytes);
        AccountedBytes = size;
    }

    private void SaveWhenDue()
    {
        var every = _directory.PolicyOf(_record.Agent).SaveEvery;
        if (every > 0 && _unsaved >= every)
        {
            _journal.Flush();
        }
    }

    /// <summary>On the journal's thread: the watermark rises, or the session is given up.</summary>
    private void Written(Exception? failure, int newest, int saved = 0)
    {
        if (failure is not null)
        {
            _fence.Break(failure);
        }

        lock (_gate)
        {
            _pending--;
            _visible = Math.Max(_visible, newest);
            _unsaved -= saved;
        }

        if (failure is not null)
        {
            Close(failure);
        }
    }

    /// <summary>Takes the session out of the directory; whoever waits for a turn is told the reason.</summary>
    private void Close(Exception? failure = null)
    {
        List<TurnLive> lives = [];
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                _running?.Live?.Cancel();
                lives.AddRange(_turns.Values.Select(t => t.Live).OfType<TurnLive>());
                Wake();
            }
        }

        _directory.Remove(this);
        foreach (var live in lives)
        {
            live.Fail(failure ?? TroupeException.NoSuchSession(_record.Id));
        }
    }

    private TurnResult ResultOf(Turn turn, TurnError? error, string? reply = null)
    {
        var record = turn.Record;
        return new(
            reply ?? _log.ReplyOf(record), _record.Id, record.Number, record.Epoch, record.ReplySeq > 0 ? record.ReplySeq : record.UserSeq,
            _record.Durability, record.Cached, record.State, record.InputTokens, record.OutputTokens,
            error ?? (record.Error is { } code ? turn.Error ?? new TurnError(code, $"The turn failed ({code}). The same key runs it anew.") : null), [])
        {
            Finish = record.ReplySeq > 0 ? EntryLog.FinishOf(_log[record.ReplySeq]) : null,
        };
    }
}
