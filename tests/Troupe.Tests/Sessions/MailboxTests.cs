using Troupe.Agents;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class MailboxTests
{
    private const int Inputs = 50;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Queued_inputs_are_all_answered_in_order_of_arrival(bool sqlite)
    {
        await using var stage = Make(sqlite, InputPolicy.Queue);
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var id = await stage.NewAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, Inputs).Select(i => Task.Run(() => stage.AskAsync(id, $"word {i}")))).Soon();

        Assert.All(results, r => Assert.Equal(TurnState.Completed, r.State));
        var entries = await stage.EntriesAsync(id);
        Assert.Equal(2 * Inputs, entries.Length);
        Assert.Equal(Enumerable.Range(0, 2 * Inputs), entries.Select(e => e.Parent));
        Assert.Equal(results.Select(r => r.TurnNumber).Order(), entries.Where(e => e.Role == EntryRole.User).Select(e => e.TurnNumber));
        Assert.All(entries.Chunk(2), pair => Assert.Equal($"re {pair[0].Text}", pair[1].Text));
        Assert.Equal(Inputs, stage.Model.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rejected_inputs_are_refused_while_one_runs(bool sqlite)
    {
        await using var stage = Make(sqlite, InputPolicy.Reject);
        var id = await stage.NewAsync();

        var attempts = Enumerable.Range(0, Inputs).Select(i => Task.Run(async () =>
        {
            try
            {
                return (await stage.SayAsync(id, $"word {i}")).Turn;
            }
            catch (TroupeException refusal)
            {
                Assert.Equal("session_busy", refusal.Code);
                Assert.Equal(ErrorKind.Conflict, refusal.Kind);
                return null;
            }
        }));
        var turn = Assert.Single(await Task.WhenAll(attempts).Soon(), t => t is not null)!;
        (await stage.Model.NextAsync()).Finish("yes");
        var result = await (await stage.ReadAsync(id, s => s.WaitAsync(turn, Limits.Token)));

        Assert.Equal("yes", result.Reply);
        Assert.Equal(2, (await stage.EntriesAsync(id)).Length);
        Assert.Equal(1, stage.Model.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_interrupting_input_stops_the_running_turn_and_only_the_newest_is_answered(bool sqlite)
    {
        await using var stage = Make(sqlite, InputPolicy.Interrupt);
        var id = await stage.NewAsync();
        var (session, first) = await stage.SayAsync(id, "word 0");
        var call = await stage.Model.NextAsync();
        call.Say("half an");
        await new TurnReader().ReadAsync(session.FollowAsync(first, null, Limits.Token), e => e is TurnEvent.Delta);

        // With the disk held no turn can be told as ended before all have come.
        stage.Store.Hold();
        var others = await Task.WhenAll(Enumerable.Range(1, Inputs - 1).Select(i => Task.Run(() => stage.SayAsync(id, $"word {i}")))).Soon();
        stage.Store.Release();
        var newest = others.Select(o => o.Turn).MaxBy(t => t.Number)!;
        var answered = await stage.Model.NextAsync();
        while (answered.Cancelled.IsCancellationRequested)
        {
            answered = await stage.Model.NextAsync();
        }

        answered.Finish("the answer");
        var results = await Task.WhenAll(others.Select(o => o.Session.WaitAsync(o.Turn, Limits.Token))).Soon();

        var begun = await session.WaitAsync(first, Limits.Token);
        Assert.Equal((TurnState.Cancelled, "half an"), (begun.State, begun.Reply));
        Assert.Equal((TurnState.Completed, "the answer"), Assert.Single(results.Where(r => r.TurnNumber == newest.Number).Select(r => (r.State, r.Reply))));
        Assert.All(results.Where(r => r.TurnNumber != newest.Number), r => Assert.Equal(TurnState.Cancelled, r.State));
        var entries = await stage.EntriesAsync(id);
        Assert.Equal(
            Enumerable.Range(0, Inputs).Select(i => $"word {i}").Order(StringComparer.Ordinal),
            entries.Where(e => e.Role == EntryRole.User).Select(e => e.Text).Order(StringComparer.Ordinal));
        Assert.Contains("half an", answered.Messages.Select(m => m.Text));
        Assert.Equal(Inputs, answered.Messages.Count(m => m.Role == Microsoft.Extensions.AI.ChatRole.User));
    }

    [Fact]
    public async Task A_waiting_turn_that_was_interrupted_never_calls_the_model()
    {
        await using var stage = Make(sqlite: false, InputPolicy.Interrupt);
        var id = await stage.NewAsync();
        for (var round = 0; round < 100; round++)
        {
            var (session, running) = await stage.SayAsync(id, "running");
            var call = await stage.Model.NextAsync();
            var rooms = new[] { await stage.Runtime.Journal.ReserveAsync(64), await stage.Runtime.Journal.ReserveAsync(64) };

            // Both come in before the running turn's end is worked on.
            var waiting = session.Submit(new TurnInput { Message = "waiting" }, new SessionPolicy(), rooms[0]);
            var newest = session.Submit(new TurnInput { Message = "newest" }, new SessionPolicy(InputPolicy.Interrupt), rooms[1]);
            call.Finish("done");
            var next = await stage.Model.NextAsync();
            Assert.Equal("newest", next.Messages[^1].Text);
            next.Finish("new");

            Assert.Equal(TurnState.Cancelled, (await session.WaitAsync(waiting, Limits.Token)).State);
            Assert.Equal("new", (await session.WaitAsync(newest, Limits.Token)).Reply);
            Assert.NotEqual(TurnState.Failed, (await session.WaitAsync(running, Limits.Token)).State);
        }
    }

    [Theory]
    [InlineData(false, Durability.Durable)]
    [InlineData(true, Durability.Durable)]
    [InlineData(false, Durability.Batched)]
    public async Task Merged_inputs_become_one_turn_that_all_keys_point_at(bool sqlite, Durability durability)
    {
        await using var stage = Make(sqlite, InputPolicy.Merge);
        var id = await stage.NewAsync(durability);
        await stage.SayAsync(id, "first");
        var call = await stage.Model.NextAsync();

        var others = await Task.WhenAll(Enumerable.Range(1, Inputs).Select(i => Task.Run(() => stage.SayAsync(id, $"word {i}.", $"key {i}")))).Soon();
        call.Finish("one");
        stage.Model.Reply = _ => "two";
        var results = await Task.WhenAll(others.Select(o => o.Session.WaitAsync(o.Turn, Limits.Token))).Soon();

        Assert.Single(results.Distinct());
        Assert.Equal(2, stage.Model.Count);
        var entries = await stage.EntriesAsync(id);
        Assert.Equal([EntryRole.User, EntryRole.Assistant, EntryRole.User, EntryRole.Assistant], entries.Select(e => e.Role));
        Assert.Equal(
            Enumerable.Range(1, Inputs).Select(i => $"word {i}.").Order(StringComparer.Ordinal),
            entries[2].Text.Split("\n\n").Order(StringComparer.Ordinal));

        await stage.ReopenAsync();
        for (var i = 1; i <= Inputs; i++)
        {
            Assert.Equal(results[0], await stage.AskAsync(id, $"word {i}.", $"key {i}"));
        }

        Assert.Equal(2, stage.Model.Count);
    }

    [Fact]
    public async Task Inputs_with_different_parents_or_models_are_not_merged()
    {
        await using var stage = Make(sqlite: false, InputPolicy.Merge);
        var id = await stage.NewAsync();
        await stage.SayAsync(id, "first");
        var call = await stage.Model.NextAsync();

        var (_, head) = await stage.SayAsync(id, "after the head");
        var (_, root) = await stage.SayAsync(id, "a new root", parent: 0);
        var (_, model) = await stage.SubmitAsync(id, new TurnInput { Message = "another model", Parent = 0, Model = "scripted" });

        Assert.Equal(3, new[] { head.Number, root.Number, model.Number }.Distinct().Count());
        call.Finish();
    }

    [Fact]
    public async Task A_full_queue_refuses_and_changes_nothing()
    {
        await using var stage = Make(sqlite: false, InputPolicy.Queue, maxWaiting: 2);
        var id = await stage.NewAsync();
        var (session, first) = await stage.SayAsync(id, "1");
        var call = await stage.Model.NextAsync();
        await stage.SayAsync(id, "2", "second");
        await stage.SayAsync(id, "3");

        var refusal = await Assert.ThrowsAsync<TroupeException>(() => stage.SayAsync(id, "4", "fourth"));
        var (_, known) = await stage.SayAsync(id, "2", "second");

        Assert.Equal(("session_queue_full", ErrorKind.TooMany), (refusal.Code, refusal.Kind));
        Assert.NotNull(refusal.RetryAfter);
        Assert.NotEqual(first.Number, known.Number);
        stage.Model.Reply = _ => "ok";
        call.Finish("ok");
        await session.WaitAsync(first, Limits.Token);
        Assert.Equal("ok", (await stage.AskAsync(id, "2", "second")).Reply);
        Assert.DoesNotContain("4", (await stage.EntriesAsync(id)).Select(e => e.Text));

        // The refused key was not remembered, so its input may come again.
        Assert.Equal(TurnState.Completed, (await stage.AskAsync(id, "4", "fourth")).State);
    }

    private static Stage Make(bool sqlite, InputPolicy policy, int maxWaiting = 64) =>
        new(sqlite, new AgentDefinition { Name = "guide", Input = policy, MaxWaiting = maxWaiting });
}
