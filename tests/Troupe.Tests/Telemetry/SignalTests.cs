using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Storage;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Tests.Telemetry;

/// <summary>What listeners hear. One after another, because whoever listens hears all of the process.</summary>
[CollectionDefinition(nameof(SignalTests), DisableParallelization = true)]
[Collection(nameof(SignalTests))]
public sealed class SignalTests
{
    private const string Words = "Mississippi-4711";

    [Fact]
    public async Task A_turn_its_calls_and_its_tools_are_spans_without_anybodys_words()
    {
        using var heard = new Heard();
        await using var stage = new Stage();
        var said = stage.Session.GetResponseAsync($"Where is {Words}?", cancellationToken: Limits.Token);
        var asks = await stage.Model.NextAsync();
        asks.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [Call("1", "look_up"), Call("2", "fail")]) { FinishReason = ChatFinishReason.ToolCalls });
        asks.Updates.Writer.TryWrite(new ChatResponseUpdate { Contents = [new UsageContent(new UsageDetails { InputTokenCount = 11, OutputTokenCount = 7 })] });
        asks.Updates.Writer.TryComplete();
        (await stage.Model.NextAsync()).Finish($"There is {Words}.");
        await said;

        var turn = heard.Spans.Single(s => s.OperationName == $"invoke_agent {stage.Agent}");
        var spans = heard.Spans.Where(s => s.TraceId == turn.TraceId).ToList();
        Assert.Equal(
            [$"chat {stage.Agent}", $"chat {stage.Agent}", "execute_tool fail", "execute_tool look_up", $"invoke_agent {stage.Agent}"],
            spans.Select(s => s.OperationName).Order(StringComparer.Ordinal));
        Assert.All(spans.Where(s => s != turn), s => Assert.Equal(turn.SpanId, s.ParentSpanId));
        Assert.All(spans, s => Assert.Equal(stage.Session.SessionId, s.GetTagItem("gen_ai.conversation.id")));
        var first = spans.First(s => s.OperationName.StartsWith("chat", StringComparison.Ordinal));
        Assert.Equal((11L, 7L), (first.GetTagItem("gen_ai.usage.input_tokens"), first.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.Equal(["tool_calls"], (string[])first.GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.Equal("test", first.GetTagItem("gen_ai.provider.name"));
        var failed = Assert.Single(spans, s => s.Status == ActivityStatusCode.Error);
        Assert.Equal(("execute_tool fail", "error", null), (failed.OperationName, failed.GetTagItem("error.type"), failed.StatusDescription));
        Assert.All(spans, s => Assert.DoesNotContain(
            Words, string.Join(' ', s.TagObjects.Select(t => $"{t.Key} {t.Value} {string.Join(',', t.Value as string[] ?? [])}").Prepend(s.DisplayName)), StringComparison.Ordinal));
        Assert.All(spans, s => Assert.Empty(s.Events));

        var own = heard.Measured.Where(m => m.Tags.Contains(stage.Agent)).ToList();
        Assert.Equal(2, own.Count(m => m.Name == "gen_ai.client.operation.duration"));
        Assert.Equal([7.0, 11.0], own.Where(m => m.Name == "gen_ai.client.token.usage").Select(m => m.Value).Order());
        Assert.DoesNotContain(heard.Measured, m => m.Tags.Contains(Words, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_is_its_code_and_a_word_that_a_provider_made_up_is_not_told()
    {
        using var heard = new Heard();
        await using var stage = new Stage();
        var said = stage.Session.GetResponseAsync("Hello", cancellationToken: Limits.Token);
        var call = await stage.Model.NextAsync();
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, "No.") { FinishReason = new ChatFinishReason(Words) });
        call.Fail(new ModelException(ModelErrorCodes.RateLimited, Words));
        await Assert.ThrowsAnyAsync<TroupeException>(() => said);

        var spans = heard.Spans.Where(s => s.GetTagItem("gen_ai.conversation.id") as string == stage.Session.SessionId).ToList();
        Assert.Equal(2, spans.Count);
        Assert.All(spans, s => Assert.Equal((ModelErrorCodes.RateLimited, ActivityStatusCode.Error, null), (s.GetTagItem("error.type"), s.Status, s.StatusDescription)));
        Assert.Equal("failed", spans[1].GetTagItem("troupe.turn.state"));
        Assert.Equal(["other"], (string[])spans[0].GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.Contains(heard.Measured, m => m.Name == "gen_ai.client.operation.duration" && m.Tags.Contains($"{stage.Agent},error.type={ModelErrorCodes.RateLimited}"));
    }

    [Fact]
    public void While_nobody_listens_nothing_is_allocated()
    {
        Tell(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Tell(1000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Tell(int times)
        {
            for (var n = 0; n < times; n++)
            {
                Signals.EndTurn(Signals.BeginTurn("agent", "session", "model", "provider"), "completed", null);
                Signals.EndModelCall(Signals.BeginModelCall("model", "provider"), "model", "provider", TimeSpan.FromSeconds(1), 10, 20, "stop", "model_timeout");
                Signals.EndTool(Signals.BeginTool("tool"), "tool", TimeSpan.FromSeconds(1), "error");
                Signals.TurnEnded("completed", TimeSpan.FromSeconds(1));
                Signals.Committed(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Fact]
    public async Task A_runtime_that_is_gone_is_observed_no_more()
    {
        using var heard = new Heard();
        await using (var stage = new Stage())
        {
            heard.Observe();
            Assert.Contains(heard.Measured, m => m.Name == "troupe.session.loaded");
        }

        heard.Measured.Clear();
        heard.Observe();
        Assert.DoesNotContain(heard.Measured, m => m.Name == "troupe.session.loaded");
    }

    private static FunctionCallContent Call(string id, string tool) => new(id, tool, new Dictionary<string, object?> { ["what"] = Words });

    /// <summary>A runtime with an agent and a model of a name of their own, and two tools.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly AgentRuntime _runtime = new(new MemoryStore());

        public Stage()
        {
            _runtime.Models.Add(new ModelInfo { Name = Agent, Provider = "test" }, Model);
            _runtime.Tools.Add(new ToolDefinition(AIFunctionFactory.Create((string what) => $"{what} is a river.", "look_up")) { Kind = ToolKind.Pure });
            _runtime.Tools.Add(new ToolDefinition(AIFunctionFactory.Create(string (string what) => throw new InvalidOperationException(what), "fail")) { Kind = ToolKind.Pure });
            _runtime.Agents.Add(new AgentDefinition { Name = Agent, Tools = ["look_up", "fail"] });
            Session = _runtime.OpenAsync(Agent).GetAwaiter().GetResult();
        }

        public string Agent { get; } = $"agent-{Guid.CreateVersion7():N}";

        public ScriptedChatClient Model { get; } = new();

        public SessionChatClient Session { get; }

        public async ValueTask DisposeAsync()
        {
            Session.Dispose();
            await _runtime.DisposeAsync();
        }
    }

    private sealed class Heard : IDisposable
    {
        private readonly ActivityListener _activities;
        private readonly MeterListener _meters = new();

        public Heard()
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Signals.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = Spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_activities);
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Signals.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<double>(Hear);
            _meters.SetMeasurementEventCallback<long>((i, value, tags, state) => Hear(i, value, tags, state));
            _meters.SetMeasurementEventCallback<int>((i, value, tags, state) => Hear(i, value, tags, state));
            _meters.Start();
        }

        public ConcurrentQueue<Activity> Spans { get; } = new();

        public ConcurrentQueue<(string Name, double Value, string Tags)> Measured { get; } = new();

        public void Observe() => _meters.RecordObservableInstruments();

        public void Dispose()
        {
            _activities.Dispose();
            _meters.Dispose();
        }

        private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
            Measured.Enqueue((instrument.Name, value, string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))));
    }
}
