using Troupe.Agents;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class WatermarkTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_outside_sees_what_is_not_durable(bool sqlite)
    {
        await using var stage = new Stage(sqlite);
        var id = await stage.NewAsync();
        stage.Store.Hold();
        var (session, turn) = await stage.SayAsync(id, "hello");
        var told = session.WaitAsync(turn, Limits.Token);
        await using var events = session.FollowAsync(turn, null, Limits.Token).GetAsyncEnumerator();
        var started = events.MoveNextAsync().AsTask();
        var call = await stage.Model.NextAsync();
        session.Say(turn, "Good ");
        await stage.Store.ArrivedAsync();

        // The model is called while the message waits for the disk; nobody is shown anything of it, not even who waits already.
        await using var late = session.FollowAsync(turn, null, Limits.Token).GetAsyncEnumerator();
        var lateStarted = late.MoveNextAsync().AsTask();
        await Idle();
        Assert.False(started.IsCompleted);
        Assert.False(lateStarted.IsCompleted);
        Assert.Equal((0, 0), (session.Count, session.Page(0, 10).Length));
        Assert.Null((await stage.StoredAsync(id))!.Session.Title);
        stage.Store.Release();

        Assert.True(await started.Soon());
        Assert.True(await lateStarted.Soon());
        Assert.Equal(1, Assert.IsType<TurnEvent.Started>(events.Current).UserSeq);
        Assert.Single((await stage.StoredAsync(id))!.Entries);
        Assert.Equal(1, session.Count);
        Assert.True(await events.MoveNextAsync().AsTask().Soon());
        Assert.Equal("Good ", Assert.IsType<TurnEvent.Delta>(events.Current).Text);

        // Later deltas do not wait for the disk, the end does.
        stage.Store.Hold();
        call.Finish("morning");
        Assert.True(await events.MoveNextAsync().AsTask().Soon());
        Assert.Equal("morning", Assert.IsType<TurnEvent.Delta>(events.Current).Text);
        var ended = events.MoveNextAsync().AsTask();
        await stage.Store.ArrivedAsync();
        Assert.False(ended.IsCompleted);
        Assert.False(told.IsCompleted);
        Assert.Equal((1, 1), (session.Count, session.Page(0, 10).Length));
        stage.Store.Release();

        Assert.True(await ended.Soon());
        Assert.IsType<TurnEvent.Ended>(events.Current);
        Assert.Equal("Good morning", (await told).Reply);
        Assert.Equal(["hello", "Good morning"], (await stage.StoredAsync(id))!.Entries.Select(e => e.Text));
    }

    [Fact]
    public async Task What_is_told_is_in_the_store_at_that_moment()
    {
        await using var stage = new Stage();
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var id = await stage.NewAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var (session, turn) = await stage.SayAsync(id, $"word {i}");
            await foreach (var happened in session.FollowAsync(turn, null, Limits.Token))
            {
                var stored = (await stage.StoredAsync(id))!;
                if (happened is TurnEvent.Started started)
                {
                    Assert.Equal($"word {i}", stored.Entries[started.UserSeq - 1].Text);
                }
                else if (happened is TurnEvent.Ended ended)
                {
                    Assert.Equal(ended.Result.Reply, stored.Entries[ended.Result.Seq - 1].Text);
                    Assert.Equal(TurnState.Completed, stored.Turns.Single(t => t.Number == turn.Number).State);
                }
            }
        })).Soon();
    }

    [Fact]
    public async Task A_batched_session_is_told_at_once_and_saved_at_the_interval()
    {
        var time = new ManualTime();
        await using var stage = new Stage(options: new AgentRuntimeOptions { Time = time });
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync(Durability.Batched);

        var result = await stage.AskAsync(id, "one", "key");
        Assert.Equal((Durability.Batched, 2), (result.Durability, await stage.ReadAsync(id, s => s.Count)));
        Assert.Empty((await stage.StoredAsync(id))!.Entries);
        time.Advance(TimeSpan.FromSeconds(4));
        await stage.Sessions.CreateAsync(Stage.Owner, "guide", Durability.Durable);
        Assert.Empty((await stage.StoredAsync(id))!.Entries);
        time.Advance(TimeSpan.FromSeconds(1));
        await stage.Runtime.Journal.FlushAsync(Limits.Token);

        var stored = (await stage.StoredAsync(id))!;
        Assert.Equal(["one", "yes"], stored.Entries.Select(e => e.Text));
        Assert.NotNull(Assert.Single(stored.Turns).Key);
        Assert.Equal("one", stored.Session.Title);
    }

    [Fact]
    public async Task A_crash_loses_at_most_the_interval_and_whole_turns_only()
    {
        await using var stage = new Stage(sqlite: true, options: Hourly);
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var id = await stage.NewAsync(Durability.Batched);
        var saved = await stage.AskAsync(id, "saved", "a");
        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        await stage.AskAsync(id, "lost", "b");

        await stage.CrashAsync();

        Assert.Equal(["saved", "re saved"], (await stage.EntriesAsync(id)).Select(e => e.Text));
        Assert.Equal(saved, await stage.AskAsync(id, "saved", "a"));
        var again = await stage.AskAsync(id, "lost", "b");
        Assert.Equal((TurnState.Completed, 4), (again.State, again.Seq));
        Assert.NotEqual(saved.TurnNumber, again.TurnNumber);
        Assert.Equal(3, stage.Model.Count);
    }

    [Fact]
    public async Task A_stop_in_good_order_saves_what_is_batched()
    {
        await using var stage = new Stage(sqlite: true, options: Hourly);
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync(Durability.Batched);
        var result = await stage.AskAsync(id, "one", "key");

        await stage.ReopenAsync();

        Assert.Equal(result, await stage.AskAsync(id, "one", "key"));
        Assert.Equal(1, stage.Model.Count);
    }

    [Fact]
    public async Task Save_every_five_saves_at_the_third_exchange_of_each_round()
    {
        await using var stage = new Stage(agent: new AgentDefinition { Name = "guide", SaveEvery = 5 }, options: Hourly);
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync(Durability.Batched);
        for (var turn = 1; turn <= 9; turn++)
        {
            await stage.AskAsync(id, $"{turn}");

            // What was queued for saving is written before what is queued now, so a durable neighbour tells that it is there.
            await stage.NewAsync();
            Assert.Equal(turn / 3 * 6, (await stage.StoredAsync(id))!.Entries.Count);
        }
    }

    [Fact]
    public async Task A_new_title_saves_what_stands_before_it()
    {
        await using var stage = new Stage(agent: new AgentDefinition { Name = "guide", SaveEvery = 5 }, options: Hourly);
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync(Durability.Batched);
        await stage.AskAsync(id, "1");
        await stage.AskAsync(id, "2");
        await stage.ReadAsync(id, s => s.UpdateAsync("title", null, null, Limits.Token)).Unwrap();
        Assert.Equal(4, (await stage.StoredAsync(id))!.Entries.Count);

        await stage.AskAsync(id, "3");
        await stage.AskAsync(id, "4");
        await stage.NewAsync();
        Assert.Equal(4, (await stage.StoredAsync(id))!.Entries.Count);
        await stage.AskAsync(id, "5");
        await stage.NewAsync();
        Assert.Equal(10, (await stage.StoredAsync(id))!.Entries.Count);
    }

    /// <summary>Completes when the thread pool has worked off what stood in it.</summary>
    private static Task Idle()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ThreadPool.UnsafeQueueUserWorkItem(_ => ThreadPool.UnsafeQueueUserWorkItem(_ => done.SetResult(), null), null);
        return done.Task;
    }

    private static AgentRuntimeOptions Hourly => new() { Journal = new JournalOptions { SaveInterval = TimeSpan.FromHours(1) } };
}
