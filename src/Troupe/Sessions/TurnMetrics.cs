using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Sessions;

/// <summary>How turns have gone since the start: how many ended how, and how long they took from acceptance until their end was told.
/// Thread-safe.</summary>
public sealed class TurnMetrics
{
    private readonly long[] _byState = new long[16];
    private readonly Histogram _microseconds = new();

    /// <summary>Durations in microseconds.</summary>
    public HistogramSummary Microseconds => _microseconds.Summarize();

    /// <summary>How many turns ended in a state.</summary>
    public long Count(TurnState state) => Volatile.Read(ref _byState[(int)state]);

    internal void Record(TurnState state, TimeSpan duration)
    {
        Interlocked.Increment(ref _byState[(int)state]);
        _microseconds.Record(duration);
    }
}
