using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Telemetry;

namespace Troupe.Storage;

/// <summary>The group committer in front of a store. One thread takes everything that is waiting, commits it in one transaction and
/// answers all of it; batches form while the disk is busy. What is batched by choice waits for <see cref="JournalOptions.SaveInterval"/>,
/// for <see cref="Flush"/>, or for half of the bounds. Thread-safe.</summary>
public sealed partial class Journal : IAsyncDisposable
{
    private readonly IStore _store;
    private readonly JournalOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ProfileSection? _profile;
    private readonly Thread _thread;
    private readonly ITimer _saveTimer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate, which the thread also waits on.
    private readonly object _gate = new();
    private readonly LinkedList<Applicant> _applicants = [];
    private Queue<Write> _queue = new();
    private List<Write> _deferred = [];
    private int _usedOperations;
    private long _usedBytes;
    private int _turns;
    private bool _stopping;
    private Exception? _fault;

    private readonly Histogram _batchSize = new();
    private readonly Histogram _commitMicroseconds = new();
    private long _commits;
    private long _operations;
    private long _bytes;
    private long _failures;

    /// <summary>Starts the journal's thread.</summary>
    public Journal(IStore store, JournalOptions? options = null, TimeProvider? time = null, ILogger? log = null, Profiler? profiler = null)
    {
        _store = store;
        _options = options ?? new JournalOptions();
        _options.Validate();
        _time = time ?? TimeProvider.System;
        _log = log ?? NullLogger.Instance;
        _profile = profiler?.Section("commit", ProfileCategory.Database);
        _thread = new Thread(Run) { IsBackground = true, Name = "troupe journal" };
        _thread.Start();
        _saveTimer = _time.CreateTimer(static state => ((Journal)state!).Flush(), this, _options.SaveInterval, _options.SaveInterval);
    }

    /// <summary>Completes with the cause when the store can no longer be written; a server then exits.</summary>
    public Task<Exception> Faulted => _faulted.Task;

    /// <summary>Whether its thread has ended, so that nobody writes the store any more.</summary>
    public bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>The counters since the start.</summary>
    public JournalStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new(
                    Volatile.Read(ref _commits), Volatile.Read(ref _operations), Volatile.Read(ref _bytes), Volatile.Read(ref _failures),
                    _queue.Count, _deferred.Count, _turns, _batchSize.Summarize(), _commitMicroseconds.Summarize());
            }
        }
    }

    /// <summary>Room for a turn's input of about this many bytes and for its reply.</summary>
    /// <exception cref="TroupeException">There is no room within <see cref="JournalOptions.RoomTimeout"/> (code journal_full), or the
    /// journal is stopping or faulted.</exception>
    public async ValueTask<JournalRoom> ReserveAsync(int bytes, CancellationToken cancellationToken = default)
    {
        await EnterAsync(Math.Max(1, bytes), turn: true, cancellationToken);
        return new JournalRoom(this, Math.Max(1, bytes));
    }

    /// <summary>Waits for room, queues an operation that belongs to no turn, and waits until it is durable.</summary>
    public async Task WriteAsync(StoreOperation operation, SessionFence? fence = null, CancellationToken cancellationToken = default)
    {
        // At least one byte, by which the place is known when it is handed back.
        var bytes = Math.Max(1, operation.SizeBytes);
        await EnterAsync(bytes, turn: false, cancellationToken);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(new Write(operation, fence, bytes, HoldsSlot: true, IsDeferred: false, failure =>
        {
            if (failure is null)
            {
                done.SetResult();
            }
            else
            {
                done.SetException(failure);
            }
        }));
        await done.Task;
    }

    /// <summary>Queues an operation of a turn, in the room that was reserved for it. Never refused.</summary>
    /// <param name="operation">What to write.</param>
    /// <param name="fence">The loaded session's fence.</param>
    /// <param name="room">The turn's room.</param>
    /// <param name="deferred">Whether it may wait for the next save.</param>
    /// <param name="done">Called once on the journal's thread, with null when durable, otherwise with the reason; it must be quick
    /// and must not throw.</param>
    public void Append(StoreOperation operation, SessionFence fence, JournalRoom room, bool deferred, Action<Exception?> done)
    {
        var slotBytes = room.TakeSlot();
        Enqueue(new Write(operation, fence, slotBytes, slotBytes > 0, deferred, done));
    }

    /// <summary>Sends what is batched to the disk, everything in one save.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            FlushLocked();
        }
    }

    /// <summary>Sends what is batched to the disk and waits until all that was queued before is written.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Flush();
        Enqueue(new Write(new StoreOperation.Together([]), null, 0, HoldsSlot: false, IsDeferred: false, failure =>
        {
            _ = failure is null ? done.TrySetResult() : done.TrySetException(failure);
        }));
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes what is left, within <see cref="JournalOptions.DrainTimeout"/>, and ends the thread. The store stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _saveTimer.DisposeAsync();
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            FlushLocked();
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        try
        {
            await _ended.Task.WaitAsync(_options.DrainTimeout, _time);
        }
        catch (TimeoutException)
        {
            LogDrainTimeout(_options.DrainTimeout);
        }
    }

    internal void Release(int slotBytes, bool turn)
    {
        lock (_gate)
        {
            if (slotBytes > 0)
            {
                _usedOperations--;
                _usedBytes -= slotBytes;
            }

            if (turn)
            {
                _turns--;
            }

            AdmitLocked();
        }
    }

    private async ValueTask EnterAsync(int bytes, bool turn, CancellationToken cancellationToken)
    {
        LinkedListNode<Applicant> node;
        lock (_gate)
        {
            ThrowIfClosedLocked();
            if (_applicants.Count == 0 && HasRoomLocked(bytes, turn))
            {
                TakeRoomLocked(bytes, turn);
                return;
            }

            if (_applicants.Count >= _options.MaxOperations)
            {
                throw Full();
            }

            node = _applicants.AddLast(new Applicant(bytes, turn));

            // What is batched takes room that somebody waits for.
            FlushLocked();
        }

        try
        {
            await node.Value.Admitted.Task.WaitAsync(_options.RoomTimeout, _time, cancellationToken);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (node.List is not null)
                {
                    _applicants.Remove(node);
                    AdmitLocked();
                    throw failure is TimeoutException ? Full() : failure;
                }
            }

            // Admitted in the very moment of giving up, or refused by a fault, which this throws: take it when only the time ran out, hand
            // it back when the caller has gone.
            await node.Value.Admitted.Task;
            if (failure is OperationCanceledException)
            {
                Release(bytes, turn);
                throw;
            }
        }

        static TroupeException Full() => new(
            ErrorKind.Unavailable, "journal_full", "More is waiting for the disk than may wait. Try again in a few seconds.")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };
    }

    private bool HasRoomLocked(int bytes, bool turn) =>
        _usedOperations < _options.MaxOperations
        && (_usedBytes + bytes <= _options.MaxBytes || _usedOperations == 0)
        && (!turn || _turns < _options.MaxTurns);

    private void TakeRoomLocked(int bytes, bool turn)
    {
        _usedOperations++;
        _usedBytes += bytes;
        _turns += turn ? 1 : 0;
    }

    private void AdmitLocked()
    {
        while (_applicants.First is { } first && HasRoomLocked(first.Value.Bytes, first.Value.Turn))
        {
            TakeRoomLocked(first.Value.Bytes, first.Value.Turn);
            _applicants.RemoveFirst();
            first.Value.Admitted.SetResult();
        }
    }

    private void ThrowIfClosedLocked()
    {
        if (_fault is not null)
        {
            throw new StoreFaultedException("The disk failed while writing; nothing can be written until the server is started anew.", _fault);
        }

        if (_stopping)
        {
            throw new TroupeException(ErrorKind.Unavailable, "stopping", "The server is stopping. Try again in a few seconds.")
            {
                RetryAfter = TimeSpan.FromSeconds(5),
            };
        }
    }

    private void Enqueue(Write write)
    {
        Exception? refused = null;
        lock (_gate)
        {
            try
            {
                ThrowIfClosedLocked();
            }
            catch (TroupeException closed)
            {
                refused = closed;
            }

            if (refused is null)
            {
                if (write.IsDeferred)
                {
                    _deferred.Add(write);
                    if (_deferred.Count > _options.MaxOperations / 2 || _usedOperations > _options.MaxOperations / 2 || _usedBytes > _options.MaxBytes / 2)
                    {
                        FlushLocked();
                    }
                }
                else
                {
                    _queue.Enqueue(write);
                    Monitor.Pulse(_gate);
                }
            }
        }

        if (refused is not null)
        {
            // Not here: the caller may hold its session's lock.
            ThreadPool.UnsafeQueueUserWorkItem(static x => x.Journal.Finish(x.Write, x.Refused), (Journal: this, Write: write, Refused: refused), false);
        }
    }

    private void FlushLocked()
    {
        if (_deferred.Count > 0)
        {
            foreach (var write in _deferred)
            {
                _queue.Enqueue(write);
            }

            _deferred.Clear();
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        var batch = new List<Write>(_options.MaxBatchOperations);
        var operations = new List<StoreOperation>(_options.MaxBatchOperations);
        var outcomes = new Exception?[_options.MaxBatchOperations];
        while (WaitForWork())
        {
            Take(batch);
            foreach (var write in batch)
            {
                operations.Add(write.Operation);
            }

            if (operations.Count > 0)
            {
                Commit(batch, operations, outcomes.AsSpan(0, operations.Count));
            }

            batch.Clear();
            operations.Clear();
        }

        _ended.SetResult();
    }

    private bool WaitForWork()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_stopping)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            return true;
        }
    }

    private void Take(List<Write> batch)
    {
        List<Write>? fenced = null;
        lock (_gate)
        {
            long bytes = 0;
            while (batch.Count < _options.MaxBatchOperations && _queue.TryPeek(out var next))
            {
                if (next.Fence?.Cause is not null)
                {
                    (fenced ??= []).Add(_queue.Dequeue());
                    continue;
                }

                bytes += next.Operation.SizeBytes;
                if (batch.Count > 0 && bytes > _options.MaxBatchBytes)
                {
                    break;
                }

                batch.Add(_queue.Dequeue());
            }
        }

        foreach (var write in fenced ?? [])
        {
            Finish(write, new TroupeException(
                ErrorKind.Unavailable, "session_fenced", "An earlier write of this session failed; send the request again.", write.Fence!.Cause));
        }
    }

    private void Commit(List<Write> batch, List<StoreOperation> operations, Span<Exception?> outcomes)
    {
        var started = _time.GetTimestamp();
        try
        {
            outcomes.Clear();
            _store.Commit(operations, outcomes);
        }
        catch (StoreFaultedException fault)
        {
            Fault(batch, fault);
            return;
        }
        catch (Exception failure)
        {
            LogBatchFailed(failure, batch.Count);
            Postpone(batch, failure);
            return;
        }

        var duration = _time.GetElapsedTime(started);
        _commitMicroseconds.Record(duration);
        _profile?.Record(duration);
        Signals.Committed(duration);
        _batchSize.Record(batch.Count);
        Interlocked.Increment(ref _commits);
        Interlocked.Add(ref _operations, batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            Interlocked.Add(ref _bytes, operations[i].SizeBytes);
            if (outcomes[i] is { } failure)
            {
                LogOperationFailed(failure, operations[i].GetType().Name);
                batch[i].Fence?.Break(failure);
                Finish(batch[i], failure as TroupeException ?? new TroupeException(
                    ErrorKind.Conflict, "write_refused", "The store refused this write, because the session has changed elsewhere. Send the request again.", failure));
            }
            else
            {
                Finish(batch[i], null);
            }
        }
    }

    /// <summary>Nothing of the batch is written, as on a full disk: who waits is told, and what is batched stays for the next save.</summary>
    private void Postpone(List<Write> batch, Exception failure)
    {
        bool stopping;
        lock (_gate)
        {
            stopping = _stopping;
            if (!stopping)
            {
                var kept = batch.Where(w => w.IsDeferred).ToList();
                var fences = kept.Select(w => w.Fence).ToHashSet();
                var queue = new Queue<Write>();
                foreach (var write in _queue)
                {
                    // What follows a kept write of its session was made on it, and must not go first.
                    if (write.IsDeferred || (write.Fence is not null && fences.Contains(write.Fence)))
                    {
                        kept.Add(write);
                        fences.Add(write.Fence);
                    }
                    else
                    {
                        queue.Enqueue(write);
                    }
                }

                _deferred = [.. kept, .. _deferred];
                _queue = queue;
            }
        }

        foreach (var write in batch.Where(w => stopping || !w.IsDeferred))
        {
            write.Fence?.Break(failure);
            Finish(write, failure as TroupeException ?? new TroupeException(
                ErrorKind.Unavailable, "store_failed", "The store could not be written. Try again in a few seconds.", failure));
        }
    }

    private void Fault(List<Write> batch, StoreFaultedException fault)
    {
        List<Write> lost;
        lock (_gate)
        {
            _fault = fault;
            lost = [.. batch, .. _queue, .. _deferred];
            _queue.Clear();
            _deferred.Clear();
            foreach (var applicant in _applicants)
            {
                applicant.Admitted.SetException(fault);
            }

            _applicants.Clear();
        }

        LogFaulted(fault, lost.Count);
        foreach (var write in lost)
        {
            write.Fence?.Break(fault);
            Finish(write, fault);
        }

        _faulted.TrySetResult(fault);
    }

    private void Finish(Write write, Exception? failure)
    {
        if (failure is not null)
        {
            Interlocked.Increment(ref _failures);
        }

        if (write.HoldsSlot)
        {
            Release(write.SlotBytes, turn: false);
        }

        write.Done(failure);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A batch of {Count} operations could not be written; nothing of it was")]
    private partial void LogBatchFailed(Exception failure, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The operation {Operation} was refused by the store; its session is loaded anew")]
    private partial void LogOperationFailed(Exception failure, string operation);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The store is faulted; the outcome of {Count} operations is unknown")]
    private partial void LogFaulted(Exception fault, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "What was left could not be written within {Timeout}")]
    private partial void LogDrainTimeout(TimeSpan timeout);

    private sealed record Write(
        StoreOperation Operation, SessionFence? Fence, int SlotBytes, bool HoldsSlot, bool IsDeferred, Action<Exception?> Done);

    private sealed record Applicant(int Bytes, bool Turn)
    {
        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
