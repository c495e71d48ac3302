using Troupe.Telemetry;

namespace Troupe.Chat;

/// <summary>How the calls of one model have gone since the start. Thread-safe.</summary>
public sealed class ModelMetrics
{
    private readonly Histogram _call = new();
    private readonly Histogram _firstToken = new();
    private long _failures;
    private long _inputTokens;
    private long _outputTokens;
    private readonly ProfileSection? _profile;
    private int _running;

    internal ModelMetrics(ProfileSection? profile) => _profile = profile;

    /// <summary>Whole calls, in microseconds.</summary>
    public HistogramSummary CallMicroseconds => _call.Summarize();

    /// <summary>From the call to its first piece, in microseconds.</summary>
    public HistogramSummary FirstTokenMicroseconds => _firstToken.Summarize();

    /// <summary>Calls that failed; cancelled ones do not count.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Tokens read, as reported.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Tokens written, as reported.</summary>
    public long OutputTokens => Volatile.Read(ref _outputTokens);

    /// <summary>Calls under way.</summary>
    public int Running => Volatile.Read(ref _running);

    internal void Begin() => Interlocked.Increment(ref _running);

    internal void FirstToken(TimeSpan after) => _firstToken.Record(after);

    internal void Usage(long input, long output)
    {
        Interlocked.Add(ref _inputTokens, input);
        Interlocked.Add(ref _outputTokens, output);
    }

    internal void End(TimeSpan duration, bool failed)
    {
        Interlocked.Decrement(ref _running);
        _call.Record(duration);
        _profile?.Record(duration);
        if (failed)
        {
            Interlocked.Increment(ref _failures);
        }
    }
}
