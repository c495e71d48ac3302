using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Sessions;

/// <summary>How turns have gone since the start: how many ended how, and how long they took from acceptance until their end was told.
/// Thread-safe.</summary>
public sealed class TurnMetrics
{
    private const int States = 16;
    private static readonly string[] Names = [.. Enumerable.Range(0, States).Select(s => ((TurnState)s).ToString().ToLowerInvariant())];

    private readonly long[] _byState = new long[States];
    private readonly Histogram _microseconds = new();

    /// <summary>Durations in microseconds.</summary>
    public HistogramSummary Microseconds => _microseconds.Summarize();

    /// <summary>How many turns ended in a state.</summary>
    public long Count(TurnState state) => Volatile.Read(ref _byState[(int)state]);

    /// <summary>A state as a word, which is not made anew each time.</summary>
    internal static string NameOf(TurnState state) => Names[(int)state];

    internal void Record(TurnState state, TimeSpan duration)
    {
        Interlocked.Increment(ref _byState[(int)state]);
        _microseconds.Record(duration);
        Signals.TurnEnded(NameOf(state), duration);
    }
}
