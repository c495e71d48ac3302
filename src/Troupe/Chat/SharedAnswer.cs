using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>One answer that several callers read as it comes; who comes late gets the beginning too. It goes on as long as one of them reads. Thread-safe.</summary>
/// <param name="ticket">When it began: what was invalidated since is not joined.</param>
internal sealed class SharedAnswer(CacheTicket? ticket)
{
    private readonly Lock _gate = new();
    private readonly List<ChatResponseUpdate> _updates = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource? _more;
    private Exception? _failure;
    private bool _hasEnded;
    private int _readers;

    /// <summary>Whether it has been left by all.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Joins it; false when it has ended, been left by all, or been declared void.</summary>
    /// <param name="epoch">The epoch of the answers now.</param>
    public bool TryJoin(long? epoch)
    {
        lock (_gate)
        {
            if (_hasEnded || IsAbandoned || ticket is { Tags.IsCurrent: false } || ticket?.Epoch != epoch)
            {
                return false;
            }

            _readers++;
            return true;
        }
    }

    /// <summary>Reads the provider's stream to its end, or until the last reader has left. Never throws.</summary>
    public async Task PumpAsync(Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> open, Action ended)
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

        ended();
        lock (_gate)
        {
            (_hasEnded, _failure) = (true, failure);
            Wake();
        }
    }

    /// <summary>Reads it from the beginning, for one who has joined.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
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
                var own = update.Clone();
                own.Contents = [.. update.Contents];
                yield return own;
            }

            if (_failure is { } failure)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
            }
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_readers > 0 || _hasEnded)
            {
                return;
            }

            IsAbandoned = true;
        }

        _stop.Cancel();
    }

    private void Wake()
    {
        _more?.TrySetResult();
        _more = null;
    }
}
