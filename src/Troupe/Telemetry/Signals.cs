using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Troupe.Telemetry;

/// <summary>What a runtime tells whoever listens, as OpenTelemetry's collectors do: spans of the <see cref="ActivitySource"/> and metrics of
/// the <see cref="Meter"/> of the name <see cref="Name"/>, by the semantic conventions for generative AI, and <c>troupe.*</c> where these have no
/// word. Nothing here holds what people, models or tools say. Thread-safe; while nobody listens nothing is allocated.</summary>
public static class Signals
{
    /// <summary>The name of the source and of the meters.</summary>
    public const string Name = "Troupe";

    private const string Operation = "gen_ai.operation.name";
    private const string Provider = "gen_ai.provider.name";
    private const string RequestModel = "gen_ai.request.model";
    private const string Conversation = "gen_ai.conversation.id";
    private const string Agent = "gen_ai.agent.name";
    private const string Tool = "gen_ai.tool.name";
    private const string TokenType = "gen_ai.token.type";
    private const string Error = "error.type";
    private const string TurnState = "troupe.turn.state";
    private const string Chat = "chat";
    private const string InvokeAgent = "invoke_agent";
    private const string ExecuteTool = "execute_tool";

    private static readonly ActivitySource Source = new(Name, Version);
    private static readonly Meter Shared = CreateMeter();

    // The buckets are those of the conventions.
    private static readonly Histogram<double> OperationDuration = Shared.CreateHistogram(
        "gen_ai.client.operation.duration", "s", "How long a call of a model takes.", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });

    private static readonly Histogram<long> TokenUsage = Shared.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "How many tokens a call of a model reads and writes.", null,
        new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864] });

    private static readonly Histogram<double> TurnDuration = Shared.CreateHistogram<double>("troupe.turn.duration", "s", "From a turn's acceptance until its end is told.", null, Seconds());

    private static readonly Histogram<double> ToolDuration = Shared.CreateHistogram<double>("troupe.tool.duration", "s", "How long a call of a tool takes.", null, Seconds());

    private static readonly Histogram<double> CommitDuration = Shared.CreateHistogram<double>("troupe.commit.duration", "s", "How long a commit of the journal takes.", null, Seconds());

    private static string? Version => typeof(Signals).Assembly.GetName().Version?.ToString(3);

    /// <summary>A meter of this name for what one part of a program observes; it is that part's to dispose.</summary>
    internal static Meter CreateMeter() => new(Name, Version);

    /// <summary>The span of a turn; null when nobody listens. It becomes the current one.</summary>
    internal static Activity? BeginTurn(string agent, string session, string? model, string? provider)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // A turn outlives the request that brought it. Its parent is a span that somebody collects too, or the client's own, but not one that
        // only the web server knows of, which nobody would ever find.
        var around = Activity.Current;
        var parent = CollectedParent(around);
        Activity.Current = null;
        if (Source.StartActivity($"{InvokeAgent} {agent}", ActivityKind.Internal, parent) is not { } span)
        {
            Activity.Current = around;
            return null;
        }

        return span.SetTag(Operation, InvokeAgent).SetTag(Agent, agent).SetTag(Conversation, session).SetTag(RequestModel, model).SetTag(Provider, provider);
    }

    /// <summary>Says how a turn came out.</summary>
    internal static void EndTurn(Activity? span, string state, string? error)
    {
        span?.SetTag(TurnState, state);
        Fail(span, error);
    }

    /// <summary>Counts a turn whose end is told.</summary>
    internal static void TurnEnded(string state, TimeSpan duration)
    {
        if (TurnDuration.Enabled)
        {
            TurnDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(TurnState, state));
        }
    }

    /// <summary>The span of a call of a model; null when nobody listens.</summary>
    internal static Activity? BeginModelCall(string model, string provider)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var conversation = CurrentConversation();
        return Source.StartActivity($"{Chat} {model}", ActivityKind.Client)?
            .SetTag(Operation, Chat).SetTag(Provider, provider).SetTag(RequestModel, model).SetTag(Conversation, conversation);
    }

    /// <summary>Says how a call of a model came out, and counts it.</summary>
    /// <param name="span">Its span.</param>
    /// <param name="model">The model.</param>
    /// <param name="provider">Who runs it.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="inputTokens">Tokens read; 0 when not reported.</param>
    /// <param name="outputTokens">Tokens written; 0 when not reported.</param>
    /// <param name="finish">Why it ended, a word of the conventions; null when not reported.</param>
    /// <param name="error">The code of what went wrong; null for nothing.</param>
    internal static void EndModelCall(Activity? span, string model, string provider, TimeSpan duration, long inputTokens, long outputTokens, string? finish, string? error)
    {
        if (span is not null)
        {
            span.SetTag("gen_ai.usage.input_tokens", inputTokens > 0 ? inputTokens : null);
            span.SetTag("gen_ai.usage.output_tokens", outputTokens > 0 ? outputTokens : null);
            span.SetTag("gen_ai.response.finish_reasons", finish is null ? null : new[] { finish });
            Fail(span, error);
        }

        if (OperationDuration.Enabled)
        {
            var tags = ModelTags(model, provider);
            if (error is not null)
            {
                tags.Add(Error, error);
            }

            OperationDuration.Record(duration.TotalSeconds, tags);
        }

        if (TokenUsage.Enabled)
        {
            Count(inputTokens, "input");
            Count(outputTokens, "output");
        }

        void Count(long tokens, string type)
        {
            if (tokens > 0)
            {
                var tags = ModelTags(model, provider);
                tags.Add(TokenType, type);
                TokenUsage.Record(tokens, tags);
            }
        }
    }

    /// <summary>The span of a call of a tool; null when nobody listens.</summary>
    internal static Activity? BeginTool(string tool)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var conversation = CurrentConversation();
        return Source.StartActivity($"{ExecuteTool} {tool}")?
            .SetTag(Operation, ExecuteTool).SetTag(Tool, tool).SetTag("gen_ai.tool.type", "function").SetTag(Conversation, conversation);
    }

    /// <summary>Says how a call of a tool came out, and counts it.</summary>
    internal static void EndTool(Activity? span, string tool, TimeSpan duration, string? error)
    {
        Fail(span, error);
        if (ToolDuration.Enabled)
        {
            var tags = new TagList { { Tool, tool } };
            if (error is not null)
            {
                tags.Add(Error, error);
            }

            ToolDuration.Record(duration.TotalSeconds, tags);
        }
    }

    /// <summary>Counts a commit of the journal.</summary>
    internal static void Committed(TimeSpan duration) => CommitDuration.Record(duration.TotalSeconds);

    private static void Fail(Activity? span, string? error)
    {
        // Without a description, which could hold somebody's words.
        if (error is not null)
        {
            span?.SetTag(Error, error).SetStatus(ActivityStatusCode.Error);
        }
    }

    private static TagList ModelTags(string model, string provider) => new() { { Operation, Chat }, { Provider, provider }, { RequestModel, model } };

    private static object? CurrentConversation()
    {
        for (var span = Activity.Current; span is not null; span = span.Parent)
        {
            if (span.GetTagItem(Conversation) is { } conversation)
            {
                return conversation;
            }
        }

        return null;
    }

    private static ActivityContext CollectedParent(Activity? around)
    {
        for (var span = around; span is not null; span = span.Parent)
        {
            if (span.Source.HasListeners())
            {
                return span.Context;
            }

            if (span.Parent is null && span.ParentSpanId != default)
            {
                return new ActivityContext(span.TraceId, span.ParentSpanId, span.ActivityTraceFlags, span.TraceStateString, isRemote: true);
            }
        }

        return default;
    }

    private static InstrumentAdvice<double> Seconds() => new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };
}
