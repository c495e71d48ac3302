using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>One answer that several callers read as it comes; who comes late gets the beginning too. It goes on as long as one of them reads; one of those pays for it. Thread-safe.</summary>
/// <param name="ticket">When it began: what was invalidated since is not joined.</param>
internal sealed class SharedAnswer(CacheTicket? ticket)
{
    private readonly Lock _gate = new();
    private readonly List<ChatResponseUpdate> _updates = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource? _more;
    private Exception? _failure;
    private bool _hasEnded;
    private readonly List<ModelCall> _readers = [];
    private bool _isAbandoned;
    private bool _isPaid;

    /// <summary>Whether nobody reads it any more.</summary>
    public bool IsLeft
    {
        get
        {
            lock (_gate)
            {
                return _readers.Count == 0;
            }
        }
    }

    /// <summary>Joins it; false when it has failed, been left by all before its end, or been declared void.</summary>
    /// <param name="call">Who joins.</param>
    /// <param name="epoch">The epoch of the answers now.</param>
    public bool TryJoin(ModelCall call, long? epoch)
    {
        lock (_gate)
        {
            if (_failure is not null || _isAbandoned || ticket is { Tags.IsCurrent: false } || ticket?.Epoch != epoch)
            {
                return false;
            }

            call.IsPaidByAnother = _isPaid;
            _isPaid = true;
            _readers.Add(call);
            return true;
        }
    }

    /// <summary>Reads the provider's stream to its end, or until the last reader has left. Never throws.</summary>
    /// <param name="open">Calls the provider.</param>
    /// <param name="failed">Told when there is nothing that could be joined.</param>
    public async Task PumpAsync(Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> open, Action failed)
    {
        Exception? failure = null;
        try
        {
            await foreach (var update in open(_stop.Token).WithCancellation(_stop.Token))
            {
                lock (_gate)
                {
                    _updates.Add(update);
                    Wake();
                }
            }
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        bool isOver;
        lock (_gate)
        {
            (_hasEnded, _failure) = (true, failure);
            isOver = failure is not null || _readers.Count == 0;
        }

        // Before it is told: who tries again then is not to find this one.
        if (isOver)
        {
            failed();
        }

        lock (_gate)
        {
            Wake();
        }
    }

    /// <summary>Reads it from the beginning, for one who has joined.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(ModelCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isWhole = false;
        try
        {
            for (var next = 0; ;)
            {
                ChatResponseUpdate? update = null;
                Task? more = null;
                lock (_gate)
                {
                    if (next < _updates.Count)
                    {
                        update = _updates[next++];
                    }
                    else if (_hasEnded)
                    {
                        isWhole = true;
                        break;
                    }
                    else
                    {
                        more = (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                    }
                }

                if (update is null)
                {
                    await more!.WaitAsync(cancellationToken);
                    continue;
                }

                cancellationToken.ThrowIfCancellationRequested();
                yield return Answer.CopyOf(update);
            }

            if (_failure is { } failure)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
            }
        }
        finally
        {
            Leave(call, isWhole);
        }
    }

    private void Leave(ModelCall call, bool isWhole)
    {
        lock (_gate)
        {
            _readers.Remove(call);
            if (!isWhole && !call.IsPaidByAnother && _readers is [var next, ..])
            {
                // It is computed to its end, so somebody pays for all of it.
                (call.IsPaidByAnother, next.IsPaidByAnother) = (true, false);
            }

            if (_readers.Count > 0 || _hasEnded)
            {
                return;
            }

            _isAbandoned = true;
        }

        _stop.Cancel();
    }

    private void Wake()
    {
        _more?.TrySetResult();
        _more = null;
    }
}
