using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Sqlite;
using Troupe.Storage;
using Troupe.Tools;

namespace Troupe.Tests.Tools;

/// <summary>The process dies in the middle of a tool; a copy of its files is what the next one finds.</summary>
public sealed class ToolCrashTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_crash_in_an_unsafe_tool_a_person_decides(bool again)
    {
        using var before = new TempFolder();
        using var after = new TempFolder();
        var entered = new TaskCompletionSource();
        var hang = new TaskCompletionSource();
        string id;
        long number;
        await using (var first = new Stage(before.Path, AIFunctionFactory.Create(
            async () =>
            {
                entered.TrySetResult();
                await hang.Task;
            },
            "push"), ToolKind.Unsafe))
        {
            id = await first.CreateAsync();
            (_, var turn) = await first.SayAsync(id, "Push.", "key-1");
            number = turn.Number;
            Ask(await first.Model.NextAsync(), "I push. ", "x", "push");
            await entered.Task.Soon();
            Copy(before.Path, after.Path);
            hang.SetResult();
            (await first.Model.NextAsync()).Finish("Done.");
        }

        var runs = 0;
        await using var second = new Stage(after.Path, AIFunctionFactory.Create(() => Interlocked.Increment(ref runs), "push"), ToolKind.Unsafe);

        // The same request finds the turn, which asks before it goes on.
        var (session, found) = await second.SayAsync(id, "Push.", "key-1");
        var question = await session.WaitAsync(found, Limits.Token);
        Assert.Equal((number, TurnState.Waiting), (question.TurnNumber, question.State));
        Assert.Equal("outcome_unknown", Assert.Single(question.Asked).Reason);
        Assert.Equal((0, 0), (runs, second.Model.Count));

        session.Answer(number, "x", again);
        var call = await second.Model.NextAsync();
        call.Finish("It is pushed.");
        var result = await session.WaitAsync(found, Limits.Token);

        Assert.Equal((TurnState.Completed, "I push. It is pushed."), (result.State, result.Reply));
        Assert.Equal(again ? 1 : 0, runs);
        Assert.Equal(["user", "assistant", "tool"], call.Messages.Select(m => m.Role.Value));
        Assert.Equal(again ? ToolStatus.Ok : ToolStatus.Declined, ToolData.Read(session.Page(0, 99).Single(e => e.Role == EntryRole.ToolResult))!.Status);
    }

    [Fact]
    public async Task After_a_crash_in_a_pure_tool_the_key_runs_the_turn_anew_and_history_is_valid()
    {
        using var before = new TempFolder();
        using var after = new TempFolder();
        var entered = new TaskCompletionSource();
        var hang = new TaskCompletionSource();
        string id;
        await using (var first = new Stage(before.Path, AIFunctionFactory.Create(
            async () =>
            {
                entered.TrySetResult();
                await hang.Task;
            },
            "look"), ToolKind.Pure))
        {
            id = await first.CreateAsync();
            await first.SayAsync(id, "Look.", "key-1");
            Ask(await first.Model.NextAsync(), "", "x", "look");
            await entered.Task.Soon();
            await first.Runtime.Journal.FlushAsync(Limits.Token);
            Copy(before.Path, after.Path);
            hang.SetResult();
            (await first.Model.NextAsync()).Finish("Done.");
        }

        await using var second = new Stage(after.Path, AIFunctionFactory.Create(() => "a door", "look"), ToolKind.Pure);
        var (session, turn) = await second.SayAsync(id, "Look.", "key-1");
        (await second.Model.NextAsync()).Finish("A door.");
        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((TurnState.Completed, "A door."), (result.State, result.Reply));
        var entries = session.Page(0, 99);
        Assert.Equal(entries.Count(e => e.Role == EntryRole.ToolCall), entries.Count(e => e.Role == EntryRole.ToolResult));
        Assert.Single(entries, e => e.Role == EntryRole.User);
    }

    [Fact]
    public async Task A_run_anew_after_a_failure_does_not_repeat_what_tools_have_done()
    {
        using var folder = new TempFolder();
        var runs = 0;
        await using var stage = new Stage(folder.Path, AIFunctionFactory.Create(() => Interlocked.Increment(ref runs), "push"), ToolKind.Unsafe);
        var id = await stage.CreateAsync();
        var (session, turn) = await stage.SayAsync(id, "Push.", "key-1");
        Ask(await stage.Model.NextAsync(), "I push. ", "x", "push");
        var broken = await stage.Model.NextAsync();
        broken.Say("It is");
        broken.Fail(new ModelException(ModelErrorCodes.Unavailable, "Away."));
        Assert.Equal(TurnState.Failed, (await session.WaitAsync(turn, Limits.Token)).State);

        (session, turn) = await stage.SayAsync(id, "Push.", "key-1");
        var call = await stage.Model.NextAsync();
        Assert.Equal(["user", "assistant", "tool"], call.Messages.Select(m => m.Role.Value));
        call.Finish("It is pushed.");
        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((1, "I push. It is pushed."), (runs, result.Reply));
    }

    [Fact]
    public async Task A_question_survives_a_stop_in_good_order()
    {
        using var folder = new TempFolder();
        string id;
        await using (var first = new Stage(folder.Path, AIFunctionFactory.Create(() => 1, "push"), ToolKind.Unsafe, needsApproval: true))
        {
            id = await first.CreateAsync();
            var (session, turn) = await first.SayAsync(id, "Push.", "key-1");
            Ask(await first.Model.NextAsync(), "", "x", "push");
            Assert.Equal(TurnState.Waiting, (await session.WaitAsync(turn, Limits.Token)).State);
            await first.Runtime.StopAsync(TimeSpan.Zero);
        }

        await using var second = new Stage(folder.Path, AIFunctionFactory.Create(() => 1, "push"), ToolKind.Unsafe, needsApproval: true);
        var (again, found) = await second.SayAsync(id, "Push.", "key-1");
        Assert.Equal(TurnState.Waiting, (await again.WaitAsync(found, Limits.Token)).State);

        again.Cancel(found.Number);
        Assert.Equal(TurnState.Cancelled, (await again.WaitAsync(found, Limits.Token)).State);
        Assert.Equal([EntryRole.User, EntryRole.ToolCall, EntryRole.ToolResult], again.Page(0, 99).Select(e => e.Role));
    }

    private static void Copy(string from, string to)
    {
        foreach (var name in new[] { "troupe.db", "troupe.db-wal" })
        {
            // Shared reading, as the process that dies still has the file open.
            using var source = new FileStream(Path.Combine(from, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var target = File.Create(Path.Combine(to, name));
            source.CopyTo(target);
        }
    }

    private static void Ask(ScriptedChatClient.Call call, string text, string id, string name)
    {
        call.Say(text);
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read(id, name, "{}")]) { FinishReason = ChatFinishReason.ToolCalls });
        call.Updates.Writer.TryComplete();
    }

    private sealed class Stage : IAsyncDisposable
    {
        public Stage(string folder, AIFunction tool, ToolKind kind, bool needsApproval = false)
        {
            Runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = folder }));
            Runtime.Models.Add("mine", Model);
            Runtime.Tools.Add(new ToolDefinition(tool) { Kind = kind, NeedsApproval = needsApproval });
            Runtime.Agents.Add(new AgentDefinition { Name = "guide", Tools = [tool.Name] });
        }

        public AgentRuntime Runtime { get; }

        public ScriptedChatClient Model { get; } = new();

        public async Task<string> CreateAsync() => (await Runtime.Sessions.CreateAsync("ada", "guide", Durability.Durable)).Record.Id;

        public async Task<(Session Session, Turn Turn)> SayAsync(string session, string message, string key) =>
            await Runtime.Sessions.SubmitAsync(session, "ada", new TurnInput { Message = message, Key = key }, Limits.Token);

        public ValueTask DisposeAsync() => Runtime.DisposeAsync();
    }
}
