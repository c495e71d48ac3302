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

    /// <summary>Calls that failed; cancelled ones do not count.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Tokens read, as reported.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Tokens written, as reported.</summary>
    public long OutputTokens => Volatile.Read(ref _outputTokens);

    /// <summary>Calls under way.</summary>
    public int Running => Volatile.Read(ref _running);

    internal Activity? Begin()
    {
        Interlocked.Increment(ref _running);
        return Signals.BeginModelCall(_info.Name, _info.Provider);
    }

    internal void FirstToken(TimeSpan after) => _firstToken.Record(after);

    /// <summary>Counts a call that has ended.</summary>
    /// <param name="span">Its span.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="input">Tokens read, as reported.</param>
    /// <param name="output">Tokens written, as reported.</param>
    /// <param name="finish">Why it ended; null when not reported.</param>
    /// <param name="error">The code of what failed; null for nothing, or when the caller left.</param>
    internal void End(Activity? span, TimeSpan duration, long input, long output, ChatFinishReason? finish, string? error)
    {
        Interlocked.Add(ref _inputTokens, input);
        Interlocked.Add(ref _outputTokens, output);
        Signals.EndModelCall(span, _info.Name, _info.Provider, duration, input, output, WordOf(finish), error);
        Interlocked.Decrement(ref _running);
        _call.Record(duration);
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
