using System.Threading.Channels;

namespace Troupe.Caching;

/// <summary>Runs loads that nobody has asked for yet, a few at a time, behind one bounded queue; what does not fit is dropped and counted. Thread-safe.</summary>
public sealed class Prefetcher : IAsyncDisposable
{
    private readonly Channel<Func<CancellationToken, Task>> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _workers;

    /// <summary>Starts its workers.</summary>
    /// <param name="capacity">Loads that may wait, 1 to 100,000. Default 1,024.</param>
    /// <param name="atOnce">Loads at once, 1 to 64. Default 2.</param>
    /// <exception cref="TroupeException">One of them is out of range (code option_out_of_range).</exception>
    public Prefetcher(int capacity = 1024, int atOnce = 2)
    {
        if (capacity is < 1 or > 100_000 || atOnce is < 1 or > 64)
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"The prefetcher has capacity {capacity} and {atOnce} at once; they must be 1 to 100,000 and 1 to 64.");
        }

        // When it is full, what is newest is what is dropped: it is told so, and the oldest wishes are nearest to their use.
        _queue = Channel.CreateBounded<Func<CancellationToken, Task>>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait });
        _workers = [.. Enumerable.Range(0, atOnce).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>Loads that wait.</summary>
    public int Waiting => _queue.Reader.Count;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        _stop.Dispose();
    }

    /// <summary>Queues a load, which tells of its failures itself; false when the queue is full.</summary>
    internal bool TryAdd(Func<CancellationToken, Task> load) => _queue.Writer.TryWrite(load);

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var load in _queue.Reader.ReadAllAsync(_stop.Token))
            {
                await RunAsync(load);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // What waited is not loaded ahead.
        }
    }

    private async Task RunAsync(Func<CancellationToken, Task> load)
    {
        try
        {
            // One that hangs is left behind at the end.
            await load(_stop.Token).WaitAsync(_stop.Token);
        }
        catch (Exception)
        {
            // Nobody asked for it; who does will load it and be told.
        }
    }
}
