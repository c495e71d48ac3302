using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class IdempotencyTests
{
    [Theory]
    [InlineData(false, Durability.Durable)]
    [InlineData(true, Durability.Durable)]
    [InlineData(true, Durability.Batched)]
    public async Task The_same_input_with_one_key_is_answered_once(bool sqlite, Durability durability)
    {
        await using var stage = new Stage(sqlite);
        var id = await stage.NewAsync(durability);

        var asked = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => stage.AskAsync(id, "once", "key"))));
        (await stage.Model.NextAsync()).Finish("only once");
        var result = Assert.Single((await asked.Soon()).Distinct());

        Assert.Equal("only once", result.Reply);
        await stage.ReopenAsync();
        Assert.Equal(result, await stage.AskAsync(id, "once", "key"));
        Assert.Equal(1, stage.Model.Count);
        Assert.Equal(2, (await stage.EntriesAsync(id)).Length);
    }

    [Fact]
    public async Task A_key_with_another_body_is_refused_also_after_a_restart()
    {
        await using var stage = new Stage(sqlite: true);
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one", "key");

        TurnInput[] others =
        [
            new() { Message = "two", Key = "key" },
            new() { Message = "one", Key = "key", Parent = 0 },
            new() { Message = "one", Key = "key", Model = "scripted" },
            new() { Regenerate = 1, Key = "key" },
        ];
        for (var round = 0; round < 2; round++)
        {
            foreach (var other in others)
            {
                var refusal = await Assert.ThrowsAsync<TroupeException>(() => stage.SubmitAsync(id, other));
                Assert.Equal(("idempotency_key_reused", ErrorKind.KeyReused), (refusal.Code, refusal.Kind));
            }

            await stage.ReopenAsync();
        }

        Assert.Equal(1, stage.Model.Count);
    }

    [Fact]
    public async Task A_key_attaches_to_its_running_and_to_its_waiting_turn()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (session, running) = await stage.SayAsync(id, "one", "first");
        var call = await stage.Model.NextAsync();
        var (_, waiting) = await stage.SayAsync(id, "two", "second");

        Assert.Same(running, (await stage.SayAsync(id, "one", "first")).Turn);
        Assert.Same(waiting, (await stage.SayAsync(id, "two", "second")).Turn);

        call.Finish("1");
        (await stage.Model.NextAsync()).Finish("2");
        Assert.Equal("2", (await session.WaitAsync(waiting, Limits.Token)).Reply);
        Assert.Equal(2, stage.Model.Count);
    }

    [Fact]
    public async Task A_key_that_attaches_to_a_failing_turn_gets_its_failure_and_not_a_new_run()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "one", "key");
        var call = await stage.Model.NextAsync();
        stage.Store.Hold();
        call.Fail(new IOException());
        await stage.Store.ArrivedAsync();

        // The end is known but not on disk: the run is still the one to wait for.
        var (_, attached) = await stage.SayAsync(id, "one", "key");
        var told = session.WaitAsync(attached, Limits.Token);
        Assert.False(told.IsCompleted);
        stage.Store.Release();

        Assert.Same(turn, attached);
        Assert.Equal((TurnState.Failed, 1), ((await told).State, (await told).Epoch));
        Assert.Equal(1, stage.Model.Count);
    }

    [Fact]
    public async Task Many_retries_of_a_failed_turn_run_it_once()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var failed = stage.AskAsync(id, "one", "key");
        (await stage.Model.NextAsync()).Fail(new IOException());
        Assert.Equal(TurnState.Failed, (await failed).State);

        var retries = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => stage.AskAsync(id, "one", "key"))));
        (await stage.Model.NextAsync()).Finish("now");

        Assert.Equal("now", Assert.Single((await retries.Soon()).Distinct()).Reply);
        Assert.Equal(2, stage.Model.Count);
    }

    [Fact]
    public async Task A_key_belongs_to_its_session()
    {
        await using var stage = new Stage();
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var (one, two) = (await stage.NewAsync(), await stage.NewAsync());

        Assert.Equal("re one", (await stage.AskAsync(one, "one", "key")).Reply);
        Assert.Equal("re two", (await stage.AskAsync(two, "two", "key")).Reply);
    }

    [Fact]
    public async Task A_new_session_and_its_first_turn_are_written_together()
    {
        await using var stage = new Stage(sqlite: true);
        stage.Store.Hold();
        var (session, turn) = await stage.Sessions.CreateAsync(Stage.Owner, "guide", Durability.Durable, new TurnInput { Message = "hello", Key = "key" });
        await stage.Store.ArrivedAsync();

        await stage.CrashAsync();

        Assert.Null(await stage.StoredAsync(session.Record.Id));
        var lost = await Assert.ThrowsAnyAsync<TroupeException>(() => session.WaitAsync(turn, Limits.Token));
        Assert.Equal(ErrorKind.Unavailable, lost.Kind);
    }
}
