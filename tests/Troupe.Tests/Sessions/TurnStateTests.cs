using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class TurnStateTests
{
    [Fact]
    public async Task A_completed_turn_is_final_and_moves_the_head()
    {
        await using var stage = new Stage();
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync();

        var result = await stage.AskAsync(id, "really?", "key");

        Assert.Equal((TurnState.Completed, "yes", 2, 1), (result.State, result.Reply, result.Seq, result.Epoch));
        Assert.Equal(2, await stage.ReadAsync(id, s => s.Head));
        Assert.Equal(result, await stage.AskAsync(id, "really?", "key"));
        Assert.Equal(1, stage.Model.Count);
    }

    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.Batched)]
    public async Task A_cancelled_turn_keeps_what_it_said_and_is_final(Durability durability)
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync(durability);
        var (session, turn) = await stage.SayAsync(id, "tell me", "key");
        (await stage.Model.NextAsync()).Say("Once upon");
        await new TurnReader().ReadAsync(session.FollowAsync(turn, null, Limits.Token), e => e is TurnEvent.Delta);

        session.Cancel(turn.Number);
        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((TurnState.Cancelled, "Once upon", 2), (result.State, result.Reply, result.Seq));
        Assert.Equal(2, session.Head);
        Assert.Equal(TurnState.Cancelled, session.Cancel(turn.Number).Record.State);
        Assert.Equal(result, await stage.AskAsync(id, "tell me", "key"));
        await stage.ReopenAsync();
        Assert.Equal(result, await stage.AskAsync(id, "tell me", "key"));
        Assert.Equal(2, await stage.ReadAsync(id, s => s.Head));
        Assert.Equal(1, stage.Model.Count);
    }

    [Fact]
    public async Task A_waiting_turn_that_is_cancelled_is_never_begun()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (session, running) = await stage.SayAsync(id, "first");
        var call = await stage.Model.NextAsync();
        var (_, waiting) = await stage.SayAsync(id, "second");

        session.Cancel(waiting.Number);
        var result = await session.WaitAsync(waiting, Limits.Token);
        call.Finish("done");
        await session.WaitAsync(running, Limits.Token);

        Assert.Equal((TurnState.Cancelled, ""), (result.State, result.Reply));
        Assert.Equal(["first", "done"], (await stage.EntriesAsync(id)).Select(e => e.Text));
        Assert.Equal(1, stage.Model.Count);
    }

    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.Batched)]
    public async Task A_failed_turn_keeps_its_text_and_its_key_runs_it_anew_under_the_same_message(Durability durability)
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync(durability);
        var (session, turn) = await stage.SayAsync(id, "tell me", "key");
        var call = await stage.Model.NextAsync();
        call.Say("Once upon");
        call.Fail(new IOException("secret words of the provider"));
        var failed = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((TurnState.Failed, "Once upon", "model_unavailable", 1), (failed.State, failed.Reply, failed.Error!.Code, failed.Epoch));
        Assert.DoesNotContain("secret", failed.Error.Message, StringComparison.Ordinal);
        Assert.Equal(0, session.Head);
        Assert.Equal(["tell me", "Once upon"], (await stage.EntriesAsync(id)).Select(e => e.Text));

        await stage.ReopenAsync();
        Assert.Equal(0, await stage.ReadAsync(id, s => s.Head));
        var again = stage.AskAsync(id, "tell me", "key");
        (await stage.Model.NextAsync()).Finish("A time");
        var result = await again;

        Assert.Equal((TurnState.Completed, "A time", 2, turn.Number), (result.State, result.Reply, result.Epoch, result.TurnNumber));
        var entries = await stage.EntriesAsync(id);
        Assert.Equal(["tell me", "Once upon", "A time"], entries.Select(e => e.Text));
        Assert.Equal([0, 1, 1], entries.Select(e => e.Parent));
        Assert.Equal(3, await stage.ReadAsync(id, s => s.Head));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Turns_under_a_crash_are_abandoned_and_run_anew_under_their_own_messages(bool sqlite)
    {
        await using var stage = new Stage(sqlite);
        var id = await stage.NewAsync();
        stage.Model.Reply = _ => "hello";
        await stage.AskAsync(id, "hi");
        stage.Model.Reply = null;
        await stage.Model.NextAsync();
        var (session, running) = await stage.SayAsync(id, "running", "r");
        (await stage.Model.NextAsync()).Say("half");
        await new TurnReader().ReadAsync(session.FollowAsync(running, null, Limits.Token), e => e is TurnEvent.Delta);
        var (_, waiting) = await stage.SayAsync(id, "waiting", "w");
        await stage.Runtime.Journal.FlushAsync(Limits.Token);

        await stage.CrashAsync();

        var states = await stage.ReadAsync(id, s => new[] { running.Number, waiting.Number }.Select(n => s.FindTurn(n).Record).ToArray());
        Assert.All(states, s => Assert.Equal((TurnState.Abandoned, 2), (s.State, s.Epoch)));
        var entries = await stage.EntriesAsync(id);
        Assert.Equal(["hi", "hello", "running", "waiting"], entries.Select(e => e.Text));
        Assert.Equal([0, 1, 2, 2], entries.Select(e => e.Parent));
        Assert.Equal(2, await stage.ReadAsync(id, s => s.Head));
        Assert.Equal(4, (await stage.StoredAsync(id))!.Entries.Count);

        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var again = await stage.AskAsync(id, "waiting", "w");
        Assert.Equal((TurnState.Completed, 3, waiting.Number, "re waiting"), (again.State, again.Epoch, again.TurnNumber, again.Reply));
        Assert.Equal(4, (await stage.EntriesAsync(id))[4].Parent);
        Assert.Equal("re running", (await stage.AskAsync(id, "running", "r")).Reply);
        Assert.Equal(2, (await stage.EntriesAsync(id)).Count(e => e.Text is "running" or "waiting"));
    }

    [Fact]
    public async Task A_shutdown_abandons_what_does_not_end_in_time_and_keeps_its_words()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, running) = await stage.SayAsync(id, "running", "r");
        (await stage.Model.NextAsync()).Say("half");
        await new TurnReader().ReadAsync(session.FollowAsync(running, null, Limits.Token), e => e is TurnEvent.Delta);
        var (_, waiting) = await stage.SayAsync(id, "waiting", "w");
        var told = session.WaitAsync(running, Limits.Token);

        await stage.ReopenAsync();

        Assert.Equal((TurnState.Abandoned, "half"), ((await told).State, (await told).Reply));
        Assert.Equal(["running", "half", "waiting"], (await stage.EntriesAsync(id)).Select(e => e.Text));
        Assert.Equal(TurnState.Abandoned, await stage.ReadAsync(id, s => s.FindTurn(waiting.Number).Record.State));
        stage.Model.Reply = _ => "whole";
        Assert.Equal("whole", (await stage.AskAsync(id, "running", "r")).Reply);
    }

    [Fact]
    public async Task A_shutdown_waits_for_a_turn_that_ends_in_time()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "running");
        var call = await stage.Model.NextAsync();

        var drain = stage.Sessions.DrainAsync(Limits.Wait);
        call.Finish("whole");
        await drain.Soon();

        Assert.Equal((TurnState.Completed, "whole"), ((await session.WaitAsync(turn, Limits.Token)).State, session.Page(1, 1)[0].Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancel_is_a_cancel_however_the_client_reports_it(bool callbackThrows)
    {
        await using var stage = new Stage();
        stage.Runtime.Models.Add("stubborn", new StubbornChatClient(callbackThrows));
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SubmitAsync(id, new TurnInput { Message = "go", Model = "stubborn" });
        await new TurnReader().ReadAsync(session.FollowAsync(turn, null, Limits.Token), e => e is TurnEvent.Delta);

        session.Cancel(turn.Number);

        var result = await session.WaitAsync(turn, Limits.Token);
        Assert.Equal((TurnState.Cancelled, "half"), (result.State, result.Reply));
    }

    [Fact]
    public async Task An_agent_or_a_model_that_is_gone_fails_the_turn_and_keeps_the_session_readable()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SubmitAsync(id, new TurnInput { Message = "go", Model = "nowhere" });

        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal((TurnState.Failed, "model_not_found"), (result.State, result.Error!.Code));
        var lost = (await stage.Sessions.CreateAsync(Stage.Owner, "nobody", Durability.Durable)).Record.Id;
        Assert.Equal("agent_not_found", (await stage.AskAsync(lost, "hello?")).Error!.Code);
        Assert.Equal(["hello?"], (await stage.EntriesAsync(lost)).Select(e => e.Text));
    }

    /// <summary>Answers a cancel with an error of its own.</summary>
    private sealed class StubbornChatClient(bool callbackThrows) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancellationToken.Register(() =>
            {
                stopped.SetException(new IOException("the connection broke"));
                if (callbackThrows)
                {
                    throw new InvalidOperationException("a callback that fails");
                }
            });
            yield return new ChatResponseUpdate(ChatRole.Assistant, "half");
            await stopped.Task;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
