using Microsoft.Extensions.Logging;

namespace Troupe.Apps.Mnemosine;

/// <summary>Measures once a second for all who look on, and not at all while nobody does. A viewer is given the newest measurement, whatever it has missed.
/// Thread-safe.</summary>
internal sealed partial class PerformanceFeed(Func<PerformanceTick> measure, TimeProvider time, ILogger log)
{
    private const int MaxViewers = 64;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PerformanceTick? _latest;
    private ITimer? _timer;
    private long _number;
    private int _viewers;
    private bool _measuring;

    /// <summary>Takes a place; every success must be followed by <see cref="Leave"/>.</summary>
    /// <exception cref="TroupeException">All places are taken (code viewers_full).</exception>
    public void Enter()
    {
        lock (_gate)
        {
            if (_viewers == MaxViewers)
            {
                throw new TroupeException(ErrorKind.Unavailable, "viewers_full", $"{MaxViewers} viewers follow the server's performance already. Close one, or ask for '/api/v1/performance/metrics' now and then.")
                {
                    RetryAfter = TimeSpan.FromSeconds(10),
                };
            }

            if (_viewers++ > 0)
            {
                return;
            }

            _timer = time.CreateTimer(static feed => ((PerformanceFeed)feed!).Measure(), this, Period, Period);
        }

        // Not in a second: the first viewer sees something at once.
        Measure();
    }

    /// <summary>Gives the place back.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_viewers == 0)
            {
                _timer?.Dispose();
                _timer = null;
                _latest = null;
            }
        }
    }

    /// <summary>The newest measurement, as soon as there is one that a viewer has not seen.</summary>
    /// <param name="seen">The number of the one that it saw last; 0 for none.</param>
    /// <param name="cancellationToken">The viewer leaves.</param>
    public async Task<(PerformanceTick Tick, long Number)> NextAsync(long seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_latest is { } latest && _number > seen)
                {
                    return (latest, _number);
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Measure()
    {
        lock (_gate)
        {
            // A measurement that takes longer than a second is not overtaken by the next.
            if (_viewers == 0 || _measuring)
            {
                return;
            }

            _measuring = true;
        }

        PerformanceTick? tick = null;
        try
        {
            tick = measure();
        }
        catch (Exception failure)
        {
            // Thrown on a timer it would end the process, for a measurement that the next one repeats.
            LogMeasureFailed(failure);
        }

        Publish(tick);
    }

    private void Publish(PerformanceTick? tick)
    {
        TaskCompletionSource? changed = null;
        lock (_gate)
        {
            _measuring = false;
            if (tick is not null && _viewers > 0)
            {
                _latest = tick;
                _number++;
                changed = _changed;
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        changed?.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The server's performance could not be measured")]
    private partial void LogMeasureFailed(Exception failure);
}
