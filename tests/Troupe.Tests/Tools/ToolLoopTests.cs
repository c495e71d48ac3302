using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Tools;

namespace Troupe.Tests.Tools;

/// <summary>The model asks for tools, and gets their answers, in every way it may go wrong.</summary>
public sealed class ToolLoopTests
{
    [Fact]
    public async Task A_model_that_asks_gets_the_result_and_answers_with_it()
    {
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("add", (int a, int b) => a + b)) { Kind = ToolKind.Pure });
        var (session, turn) = await stage.SayAsync("What is 2 + 3?");
        var first = await stage.Model.NextAsync();
        first.Say("Let me see. ");
        Ask(first, ("call_1", "add", """{"a":2,"b":3}"""));
        var second = await stage.Model.NextAsync();
        second.Finish("It is 5.");

        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal("Let me see. It is 5.", result.Reply);
        Assert.Equal([EntryRole.User, EntryRole.Assistant, EntryRole.ToolCall, EntryRole.ToolResult, EntryRole.Assistant], session.Page(0, 99).Select(e => e.Role));
        Assert.Equal("5", session.Page(0, 99)[3].Text);
        Assert.Equal(["user", "assistant", "tool"], second.Messages.Select(m => m.Role.Value));
        Assert.Equal("call_1", second.Messages[1].Contents.OfType<FunctionCallContent>().Single().CallId);
        Assert.Equal("Let me see. ", second.Messages[1].Text);
    }

    [Fact]
    public async Task Twenty_calls_at_once_with_one_failing_and_one_slow_are_all_answered_in_order()
    {
        var running = 0;
        var most = 0;
        var late = new TaskCompletionSource();
        var function = AIFunctionFactory.Create(
            async (int n, CancellationToken token) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await Task.Yield();
                if (n == 19)
                {
                    await late.Task.WaitAsync(token);
                }

                Interlocked.Decrement(ref running);
                return n == 7 ? throw new InvalidOperationException("seven is out of order") : n * n;
            },
            "square");
        await using var stage = await Stage.OpenAsync(new ToolDefinition(function) { Kind = ToolKind.Idempotent });
        var (session, turn) = await stage.SayAsync("Squares, please.");
        Ask(await stage.Model.NextAsync(), [.. Enumerable.Range(0, 20).Select(n => ($"c{n}", "square", $$"""{"n":{{n}}}"""))]);
        late.SetResult();
        var second = await stage.Model.NextAsync();
        second.Finish("Done.");
        await session.WaitAsync(turn, Limits.Token);

        var results = session.Page(0, 99).Where(e => e.Role == EntryRole.ToolResult).ToList();
        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"c{n}"), results.Select(r => ToolData.Read(r)!.CallId));
        Assert.Equal(ToolStatus.Error, ToolData.Read(results[7])!.Status);
        Assert.Contains("seven is out of order", results[7].Text, StringComparison.Ordinal);
        Assert.Equal("361", results[19].Text);
        Assert.InRange(most, 1, 8);
    }

    [Fact]
    public async Task Identical_calls_of_a_pure_tool_in_one_round_run_once_and_those_of_an_unsafe_one_each()
    {
        var (pure, effects) = (0, 0);
        await using var stage = await Stage.OpenAsync(
            new ToolDefinition(Function("look", () => Interlocked.Increment(ref pure))) { Kind = ToolKind.Pure },
            new ToolDefinition(Function("push", () => Interlocked.Increment(ref effects))));
        var (session, turn) = await stage.SayAsync("Look and push.");
        Ask(await stage.Model.NextAsync(), ("a", "look", "{}"), ("b", "look", "{}"), ("c", "push", "{}"), ("d", "push", "{}"));
        (await stage.Model.NextAsync()).Finish("Done.");
        await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((1, 2), (pure, effects));
        Assert.Equal(4, session.Page(0, 99).Count(e => e.Role == EntryRole.ToolResult));
    }

    [Fact]
    public async Task What_an_unsafe_tool_is_to_do_is_stored_before_it_runs()
    {
        var store = new MemoryStore();
        string? session = null;
        IReadOnlyList<EntryRole> seen = [];
        var push = AIFunctionFactory.Create(
            async () =>
            {
                var stored = await store.LoadSessionAsync(session!, CancellationToken.None);
                seen = [.. stored!.Entries.Select(e => e.Role)];
                return "pushed";
            },
            "push");
        await using var stage = await Stage.OpenAsync(store, new ToolDefinition(push));
        session = stage.SessionId;
        var (held, turn) = await stage.SayAsync("Push it.");
        Ask(await stage.Model.NextAsync(), ("a", "push", "{}"));
        (await stage.Model.NextAsync()).Finish("Done.");
        await held.WaitAsync(turn, Limits.Token);

        Assert.Equal([EntryRole.User, EntryRole.ToolCall], seen);
    }

    [Theory]
    [InlineData("nothing", "{}", "There is no tool 'nothing'")]
    [InlineData("echo", "{broken", "are not a JSON object")]
    [InlineData("echo", "[1]", "are not a JSON object")]
    public async Task A_wrong_request_is_an_answer_to_the_model_not_a_crash(string name, string arguments, string told)
    {
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("echo", (string text) => text)) { Kind = ToolKind.Pure });
        var (session, turn) = await stage.SayAsync("Go.");
        Ask(await stage.Model.NextAsync(), ("x", name, arguments));
        (await stage.Model.NextAsync()).Finish("I see.");

        Assert.Equal(TurnState.Completed, (await session.WaitAsync(turn, Limits.Token)).State);
        var result = session.Page(0, 99).Single(e => e.Role == EntryRole.ToolResult);
        Assert.Equal(ToolStatus.Error, ToolData.Read(result)!.Status);
        Assert.Contains(told, result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_asks_for_ever_is_made_to_answer()
    {
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("look", (int n) => n)) { Kind = ToolKind.Pure });
        var (session, turn) = await stage.SayAsync("Go.");
        for (var round = 0; round < 16; round++)
        {
            Ask(await stage.Model.NextAsync(), ($"c{round}", "look", $$"""{"n":{{round}}}"""));
        }

        var last = await stage.Model.NextAsync();
        Assert.Equal(ChatToolMode.None, last.Options!.ToolMode);
        Ask(last, ("once-more", "look", """{"n":99}"""));
        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal(TurnState.Completed, result.State);
        Assert.Equal(16, session.Page(0, 999).Count(e => e.Role == EntryRole.ToolCall));
    }

    [Fact]
    public async Task A_call_id_that_a_provider_uses_again_is_told_apart()
    {
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("look", (int n) => n)) { Kind = ToolKind.Pure });
        var (session, turn) = await stage.SayAsync("Go.");
        Ask(await stage.Model.NextAsync(), ("same", "look", """{"n":1}"""));
        Ask(await stage.Model.NextAsync(), ("same", "look", """{"n":2}"""), ("", "look", """{"n":3}"""));
        (await stage.Model.NextAsync()).Finish("Done.");
        await session.WaitAsync(turn, Limits.Token);

        var entries = session.Page(0, 99);
        Assert.Equal(3, entries.Where(e => e.Role == EntryRole.ToolCall).Select(e => ToolData.Read(e)!.CallId).Distinct().Count());
        Assert.Equal(["1", "2", "3"], entries.Where(e => e.Role == EntryRole.ToolResult).Select(e => e.Text));
    }

    [Fact]
    public async Task A_tool_that_does_not_answer_is_left_and_its_outcome_is_unknown_when_it_is_unsafe()
    {
        var time = new ManualTime();
        var entered = new TaskCompletionSource();
        var never = AIFunctionFactory.Create(
            async () =>
            {
                entered.TrySetResult();
                await new TaskCompletionSource().Task;
            },
            "never");
        await using var stage = await Stage.OpenAsync(new MemoryStore(), time, new ToolDefinition(never) { Deadline = TimeSpan.FromSeconds(3) });
        var (session, turn) = await stage.SayAsync("Go.");
        Ask(await stage.Model.NextAsync(), ("x", "never", "{}"));
        await entered.Task.Soon();
        var next = stage.Model.NextAsync();
        while (!next.IsCompleted)
        {
            // The deadline's timer is made just before or just after the tool is entered.
            time.Advance(TimeSpan.FromSeconds(3));
            await Task.Yield();
        }

        (await next).Finish("It hangs.");
        await session.WaitAsync(turn, Limits.Token);

        Assert.Equal(ToolStatus.Unknown, ToolData.Read(session.Page(0, 99).Single(e => e.Role == EntryRole.ToolResult))!.Status);
    }

    [Fact]
    public async Task A_long_result_is_cut_and_says_so()
    {
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("long", () => new string('x', 10_000_000))) { Kind = ToolKind.Pure, MaxResultLength = 1000 });
        var (session, turn) = await stage.SayAsync("Go.");
        Ask(await stage.Model.NextAsync(), ("x", "long", "{}"));
        (await stage.Model.NextAsync()).Finish("Long.");
        await session.WaitAsync(turn, Limits.Token);

        var text = session.Page(0, 99).Single(e => e.Role == EntryRole.ToolResult).Text;
        Assert.Equal(new string('x', 1000) + "\n[cut: 1000 of 10000000 characters]", text);
    }

    [Fact]
    public async Task Cancel_reaches_the_tool_and_leaves_a_valid_history()
    {
        var stopped = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        var slow = AIFunctionFactory.Create(
            async (CancellationToken token) =>
            {
                entered.SetResult();
                using var registration = token.Register(() => stopped.TrySetResult());
                await Task.Delay(Timeout.Infinite, token);
            },
            "slow");
        await using var stage = await Stage.OpenAsync(new ToolDefinition(slow));
        var (session, turn) = await stage.SayAsync("Go.");
        Ask(await stage.Model.NextAsync(), ("x", "slow", "{}"));
        await entered.Task.Soon();
        session.Cancel(turn.Number);
        var result = await session.WaitAsync(turn, Limits.Token);
        await stopped.Task.Soon();

        Assert.Equal(TurnState.Cancelled, result.State);
        Assert.Equal([EntryRole.User, EntryRole.ToolCall, EntryRole.ToolResult], session.Page(0, 99).Select(e => e.Role));
        Assert.Equal(ToolStatus.Unknown, ToolData.Read(session.Page(0, 99)[^1])!.Status);
        var (_, second) = await stage.SayAsync("And now?");
        var call = await stage.Model.NextAsync();
        call.Finish("Now this.");
        await session.WaitAsync(second, Limits.Token);
        Assert.Equal(["user", "assistant", "tool", "user"], call.Messages.Select(m => m.Role.Value));
    }

    [Theory]
    [InlineData(true, 1, ToolStatus.Ok)]
    [InlineData(false, 0, ToolStatus.Declined)]
    public async Task A_tool_that_needs_approval_waits_for_a_person(bool yes, int effects, string status)
    {
        var count = 0;
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("push", () => Interlocked.Increment(ref count))) { NeedsApproval = true });
        var (session, turn) = await stage.SayAsync("Push.");
        Ask(await stage.Model.NextAsync(), ("x", "push", """{"n":1}"""));
        var question = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal(TurnState.Waiting, question.State);
        Assert.Equal(new PendingCall("x", "push", """{"n":1}""", "approval_needed"), Assert.Single(question.Asked));
        Assert.Equal(0, count);
        Assert.Equal("turn_not_waiting", Assert.Throws<TroupeException>(() => session.Answer(turn.Number, "other", true)).Code);

        session.Answer(turn.Number, "x", yes);
        (await stage.Model.NextAsync()).Finish("Well.");
        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((TurnState.Completed, effects), (result.State, count));
        Assert.Equal(status, ToolData.Read(session.Page(0, 99).Single(e => e.Role == EntryRole.ToolResult))!.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_persons_answer_about_one_call_is_not_used_for_an_identical_one_in_the_same_round(bool first)
    {
        var runs = 0;
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("look", () => Interlocked.Increment(ref runs))) { Kind = ToolKind.Pure, NeedsApproval = true });
        var (session, turn) = await stage.SayAsync("Look twice.");
        Ask(await stage.Model.NextAsync(), ("a", "look", "{}"), ("b", "look", "{}"));
        var question = await session.WaitAsync(turn, Limits.Token);
        Assert.Equal(["a", "b"], question.Asked.Select(c => c.CallId));

        session.Answer(turn.Number, "a", first);
        Assert.Equal(0, runs);
        session.Answer(turn.Number, "b", !first);
        (await stage.Model.NextAsync()).Finish("Once.");
        await session.WaitAsync(turn, Limits.Token);

        Assert.Equal(1, runs);
        var results = session.Page(0, 99).Where(e => e.Role == EntryRole.ToolResult).Select(e => ToolData.Read(e)!);
        Assert.Equal(
            [("a", first ? ToolStatus.Ok : ToolStatus.Declined), ("b", first ? ToolStatus.Declined : ToolStatus.Ok)],
            results.Select(d => (d.CallId, d.Status!)));
    }

    [Fact]
    public async Task Readers_see_words_calls_and_results_in_order()
    {
        await using var stage = await Stage.OpenAsync(new ToolDefinition(Function("look", () => "a door")) { Kind = ToolKind.Pure });
        var (session, turn) = await stage.SayAsync("Go.");
        var first = await stage.Model.NextAsync();
        first.Say("I look. ");
        Ask(first, ("x", "look", "{}"));
        (await stage.Model.NextAsync()).Finish("A door.");
        await session.WaitAsync(turn, Limits.Token);
        var (again, events) = ("", new List<TurnEvent>());
        await foreach (var happened in session.FollowAsync(turn, null, Limits.Token))
        {
            events.Add(happened);
            again += (happened as TurnEvent.Delta)?.Text;
        }

        Assert.Equal("I look. A door.", again);
        Assert.IsType<TurnEvent.Ended>(events[^1]);
    }

    private static AIFunction Function(string name, Delegate code) => AIFunctionFactory.Create(code, name);

    private static void Ask(ScriptedChatClient.Call call, params (string Id, string Name, string Arguments)[] calls)
    {
        foreach (var (id, name, arguments) in calls)
        {
            call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [Troupe.Chat.ToolArguments.Read(id, name, arguments)]));
        }

        call.Updates.Writer.TryWrite(new ChatResponseUpdate { FinishReason = ChatFinishReason.ToolCalls });
        call.Updates.Writer.TryComplete();
    }

    private sealed class Stage : IAsyncDisposable
    {
        private Stage(AgentRuntime runtime, ScriptedChatClient model, string sessionId) => (Runtime, Model, SessionId) = (runtime, model, sessionId);

        public AgentRuntime Runtime { get; }

        public ScriptedChatClient Model { get; }

        public string SessionId { get; }

        public static Task<Stage> OpenAsync(params ToolDefinition[] tools) => OpenAsync(new MemoryStore(), TimeProvider.System, tools);

        public static Task<Stage> OpenAsync(IStore store, params ToolDefinition[] tools) => OpenAsync(store, TimeProvider.System, tools);

        public static async Task<Stage> OpenAsync(IStore store, TimeProvider time, params ToolDefinition[] tools)
        {
            var runtime = new AgentRuntime(store, new AgentRuntimeOptions { Time = time });
            var model = new ScriptedChatClient();
            runtime.Models.Add("mine", model);
            foreach (var tool in tools)
            {
                runtime.Tools.Add(tool);
            }

            runtime.Agents.Add(new AgentDefinition { Name = "guide", Tools = [.. tools.Select(t => t.Name)] });
            var session = await runtime.Sessions.CreateAsync("ada", "guide", Durability.Durable);
            return new Stage(runtime, model, session.Record.Id);
        }

        public async Task<(Session Session, Turn Turn)> SayAsync(string message, string? key = null) =>
            await Runtime.Sessions.SubmitAsync(SessionId, "ada", new TurnInput { Message = message, Key = key }, Limits.Token);

        public ValueTask DisposeAsync() => Runtime.DisposeAsync();
    }
}
