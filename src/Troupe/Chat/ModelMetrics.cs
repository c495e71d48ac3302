using System.Diagnostics;
using Microsoft.Extensions.AI;
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
    private readonly ModelInfo _info;
    private readonly ProfileSection? _profile;
    private long _providerCalls;
    private long _cached;
    private long _coalesced;
    private long _savedTokens;
    private int _running;

    internal ModelMetrics(ModelInfo info, ProfileSection? profile)
    {
        _info = info;
        _profile = profile;
    }

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

    internal void Saved(long tokens) => Interlocked.Add(ref _savedTokens, tokens);

    internal void End(TimeSpan duration)
    {
        Interlocked.Decrement(ref _running);
        _call.Record(duration);
    }

    /// <summary>The provider is called.</summary>
    internal Activity? BeginCall()
    {
        Interlocked.Increment(ref _providerCalls);
        return Signals.BeginModelCall(_info.Name, _info.Provider);
    }

    /// <summary>Counts a call of the provider that has ended.</summary>
    /// <param name="span">Its span.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="input">Tokens read, as reported.</param>
    /// <param name="output">Tokens written, as reported.</param>
    /// <param name="finish">Why it ended; null when not reported.</param>
    /// <param name="error">The code of what failed; null for nothing, or when the caller left.</param>
    internal void EndCall(Activity? span, TimeSpan duration, long input, long output, ChatFinishReason? finish, string? error)
    {
        Interlocked.Add(ref _inputTokens, input);
        Interlocked.Add(ref _outputTokens, output);
        Signals.EndModelCall(span, _info.Name, _info.Provider, duration, input, output, WordOf(finish), error);
        _profile?.Record(duration);
        if (error is not null)
        {
            Interlocked.Increment(ref _failures);
        }
    }

    /// <summary>A provider may send any word; those that have a meaning are told.</summary>
    private static string? WordOf(ChatFinishReason? finish) =>
        finish is not { } reason ? null
        : reason == ChatFinishReason.Stop ? "stop"
        : reason == ChatFinishReason.Length ? "length"
        : reason == ChatFinishReason.ToolCalls ? "tool_calls"
        : reason == ChatFinishReason.ContentFilter ? "content_filter"
        : "other";
}
