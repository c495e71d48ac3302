using System.Threading.Channels;

namespace Troupe.Specialists;

/// <summary>A bounded, shared set of threads for work that computes, so that it does not take the threads which serve requests. What does not fit in its queue waits outside, without a
/// thread. Thread-safe. Dispose it to let what runs end; what waits is cancelled.</summary>
public sealed class CpuWorkers : IAsyncDisposable
{
    private readonly Channel<Action> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;
    private readonly TaskCompletionSource[] _ended;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">1 to 1,024; null for one a processor.</param>
    /// <param name="capacity">Pieces of work that may wait in the queue, 1 to 1,000,000. Default 1,024.</param>
    /// <exception cref="TroupeException">One of them is out of range (code option_out_of_range).</exception>
    public CpuWorkers(int? threads = null, int capacity = 1024)
    {
        var count = threads ?? Environment.ProcessorCount;
        if (count is < 1 or > 1024 || capacity is < 1 or > 1_000_000)
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"The workers have {count} threads and capacity {capacity}; they must be 1 to 1,024 and 1 to 1,000,000.");
        }

        _queue = Channel.CreateBounded<Action>(capacity);
        _ended = [.. Enumerable.Range(0, count).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        _threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() => Work(_ended[i])) { IsBackground = true, Name = $"troupe-cpu-{i}" })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Pieces of work that wait in the queue.</summary>
    public int Waiting => _queue.Reader.Count;

    /// <summary>Runs a piece of work on one of the threads.</summary>
    /// <param name="work">The work; it gets the caller's token.</param>
    /// <param name="cancellationToken">The caller has gone: what has not begun is left out.</param>
    public async Task<T> RunAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellationToken = default)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            await _queue.Writer.WriteAsync(
                () =>
                {
                    if (cancellationToken.IsCancellationRequested || _stop.IsCancellationRequested)
                    {
                        result.TrySetCanceled(cancellationToken.IsCancellationRequested ? cancellationToken : _stop.Token);
                        return;
                    }

                    try
                    {
                        result.TrySetResult(work(cancellationToken));
                    }
                    catch (Exception failure)
                    {
                        result.TrySetException(failure);
                    }
                },
                both.Token);
        }
        catch (ChannelClosedException closed)
        {
            throw new ObjectDisposedException("The workers have been disposed.", closed);
        }

        return await result.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_ended.Select(e => e.Task));
        _stop.Dispose();
    }

    private void Work(TaskCompletionSource ended)
    {
        // The threads are the queue's own: they may wait for it.
        while (_queue.Reader.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            while (_queue.Reader.TryRead(out var work))
            {
                work();
            }
        }

        ended.SetResult();
    }
}
