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
    private long _providerCalls;
    private long _cached;
    private long _coalesced;
    private long _savedTokens;
    private int _running;

    /// <summary>Whole calls, in microseconds.</summary>
    public HistogramSummary CallMicroseconds => _call.Summarize();

    /// <summary>From the call to its first piece, in microseconds.</summary>
    public HistogramSummary FirstTokenMicroseconds => _firstToken.Summarize();

    /// <summary>Calls that the provider failed; cancelled ones do not count.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Tokens read, as reported.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Tokens written, as reported.</summary>
    public long OutputTokens => Volatile.Read(ref _outputTokens);

    /// <summary>Calls that reached the provider.</summary>
    public long ProviderCalls => Volatile.Read(ref _providerCalls);

    /// <summary>Calls that were answered from the cache.</summary>
    public long Cached => Volatile.Read(ref _cached);

    /// <summary>Calls that were answered by an equal one under way.</summary>
    public long Coalesced => Volatile.Read(ref _coalesced);

    /// <summary>Tokens, as reported, of answers that were not computed again.</summary>
    public long SavedTokens => Volatile.Read(ref _savedTokens);

    /// <summary>Calls under way.</summary>
    public int Running => Volatile.Read(ref _running);

    internal void Begin() => Interlocked.Increment(ref _running);

    internal void FirstToken(TimeSpan after, string? origin)
    {
        _firstToken.Record(after);
        if (origin == AnswerOrigin.Cache)
        {
            Interlocked.Increment(ref _cached);
        }
        else if (origin == AnswerOrigin.Coalesced)
        {
            Interlocked.Increment(ref _coalesced);
        }
    }

    internal void ProviderCalled() => Interlocked.Increment(ref _providerCalls);

    internal void Failed() => Interlocked.Increment(ref _failures);

    internal void Usage(long input, long output, string? origin)
    {
        switch (origin)
        {
            case AnswerOrigin.Cache or AnswerOrigin.Coalesced:
                Interlocked.Add(ref _savedTokens, input + output);
                break;

            case AnswerOrigin.Fallback:
                // The other model counts them.
                break;

            default:
                Interlocked.Add(ref _inputTokens, input);
                Interlocked.Add(ref _outputTokens, output);
                break;
        }
    }

    internal void End(TimeSpan duration)
    {
        Interlocked.Decrement(ref _running);
        _call.Record(duration);
    }
}
