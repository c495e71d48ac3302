using Troupe.Agents;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class SessionDirectoryTests
{
    [Fact]
    public async Task A_hundred_requests_at_once_load_a_session_once()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        await stage.UnloadAsync(id);
        var before = stage.Sessions.Statistics;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Store.BeforeLoad = () => gate.Task;

        using var leave = new CancellationTokenSource();
        var left = stage.Sessions.UseAsync(id, Stage.Owner, s => new ValueTask<Session>(s), leave.Token).AsTask();
        var all = Task.WhenAll(Enumerable.Range(0, 99).Select(_ => stage.ReadAsync(id, s => s)));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        gate.SetResult();

        Assert.Single((await all.Soon()).Distinct());
        Assert.Equal(1, stage.Store.Loads);
        var after = stage.Sessions.Statistics;
        Assert.Equal((99, 1), (after.Hits - before.Hits, after.Misses - before.Misses));
        Assert.Equal((double)after.Hits / (after.Hits + after.Misses), after.HitRate);
    }

    [Fact]
    public async Task A_foreign_or_unknown_id_is_not_found_and_takes_no_place()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();

        Assert.Equal("session_not_found", (await Assert.ThrowsAsync<TroupeException>(() => stage.ReadAsync("none", s => s))).Code);
        Assert.Equal("session_not_found", (await Assert.ThrowsAsync<TroupeException>(
            () => stage.Sessions.SubmitAsync(id, "bob", new TurnInput { Message = "hi" }, Limits.Token).AsTask())).Code);
        Assert.Equal(1, stage.Sessions.Statistics.Loaded);
        Assert.Equal(0, stage.Runtime.Journal.Statistics.Turns);
    }

    [Fact]
    public async Task A_failed_load_is_told_to_all_who_wait_and_a_later_try_works()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        await stage.UnloadAsync(id);
        var bytes = stage.Sessions.Statistics.Bytes;
        stage.Store.BeforeLoad = () => throw new IOException("the disk has a bad day");

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Assert.ThrowsAsync<IOException>(() => stage.ReadAsync(id, s => s)))).Soon();
        Assert.Equal((0, bytes), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Bytes));
        stage.Store.BeforeLoad = null;

        Assert.Equal(id, await stage.ReadAsync(id, s => s.Record.Id));
    }

    [Fact]
    public async Task A_recovery_that_cannot_be_written_is_tried_again_by_the_next_request()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (_, turn) = await stage.SayAsync(id, "go", "key");
        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        await stage.CrashAsync();
        stage.Store.Refuse = _ => true;

        await Assert.ThrowsAsync<TroupeException>(() => stage.ReadAsync(id, s => s));
        Assert.Equal((0, 0), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Bytes));
        stage.Store.Refuse = null;

        Assert.Equal(TurnState.Abandoned, await stage.ReadAsync(id, s => s.FindTurn(turn.Number).Record.State));
    }

    [Fact]
    public async Task The_least_used_idle_session_goes_when_there_are_too_many()
    {
        await using var stage = Bounded(maxSessions: 3);
        var ids = new[] { await stage.NewAsync(), await stage.NewAsync(), await stage.NewAsync() };
        await stage.ReadAsync(ids[0], s => s);

        await stage.NewAsync();

        Assert.Equal((3, 1), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Evictions));
        await stage.ReadAsync(ids[0], s => s);
        await stage.ReadAsync(ids[2], s => s);
        Assert.Equal(0, stage.Store.Loads);
        await stage.ReadAsync(ids[1], s => s);
        Assert.Equal(1, stage.Store.Loads);
        Assert.Equal(3, stage.Sessions.Statistics.Loaded);
    }

    [Fact]
    public async Task Busy_sessions_stay_and_when_all_are_busy_the_next_is_refused_without_a_trace()
    {
        await using var stage = Bounded(maxSessions: 2);
        var ids = new[] { await stage.NewAsync(), await stage.NewAsync() };
        var asked = ids.Select(id => stage.AskAsync(id, "work")).ToList();
        var calls = new[] { await stage.Model.NextAsync(), await stage.Model.NextAsync() };
        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        var before = stage.Sessions.Statistics;

        for (var i = 0; i < 3; i++)
        {
            var refusal = await Assert.ThrowsAsync<TroupeException>(() => stage.NewAsync());
            Assert.Equal(("sessions_full", ErrorKind.Unavailable), (refusal.Code, refusal.Kind));
            Assert.Equal("sessions_full", (await Assert.ThrowsAsync<TroupeException>(() => stage.ReadAsync("other", s => s))).Code);
        }

        Assert.Equal((2, before.Bytes), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Bytes));
        calls[0].Finish("done");
        calls[1].Finish("done");
        await Task.WhenAll(asked).Soon();
        await stage.NewAsync();
        Assert.Equal(2, stage.Sessions.Statistics.Loaded);
    }

    [Fact]
    public async Task Many_busy_sessions_do_not_keep_the_idle_ones_in()
    {
        const int Busy = 100;
        await using var stage = Bounded(maxSessions: Busy + 2);
        var asked = new List<Task<TurnResult>>();
        for (var i = 0; i < Busy; i++)
        {
            asked.Add(stage.AskAsync(await stage.NewAsync(), "work"));
        }

        await stage.NewAsync();
        await stage.NewAsync();
        var made = 0;
        for (var i = 0; i < 2 && made == 0; i++)
        {
            try
            {
                await stage.NewAsync();
                made++;
            }
            catch (TroupeException)
            {
                // One search looks at a bounded number; the next goes on from there.
            }
        }

        Assert.Equal(1, made);
        stage.Model.Reply = _ => "done";
        for (var i = 0; i < Busy; i++)
        {
            (await stage.Model.NextAsync()).Finish("done");
        }

        await Task.WhenAll(asked).Soon();
    }

    [Fact]
    public async Task Bytes_are_bounded_and_counted_back_to_nothing()
    {
        await using var stage = new Stage(options: new AgentRuntimeOptions { Sessions = new() { MaxBytes = 64 << 10 } });
        stage.Model.Reply = _ => new string('a', 4000);
        var ids = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            ids.Add(await stage.NewAsync());
            await stage.AskAsync(ids[^1], "hello");
        }

        // What came last is trimmed by the next use.
        await stage.ReadAsync(ids[0], s => s);
        await stage.ReadAsync(ids[1], s => s);
        Assert.InRange(stage.Sessions.Statistics.Bytes, 1, 64 << 10);
        Assert.All(await Task.WhenAll(ids.Select(stage.EntriesAsync)), e => Assert.Equal(2, e.Length));

        foreach (var id in ids)
        {
            await stage.Sessions.UseAsync(id, Stage.Owner, async s =>
            {
                await s.DeleteAsync(Limits.Token);
                return true;
            });
        }

        Assert.Equal((0, 0), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Bytes));
    }

    [Fact]
    public async Task A_session_larger_than_the_bound_can_still_be_used()
    {
        await using var stage = new Stage(options: new AgentRuntimeOptions { Sessions = new() { MaxBytes = 4 << 10 } });
        stage.Model.Reply = _ => new string('a', 8000);
        var id = await stage.NewAsync();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(TurnState.Completed, (await stage.AskAsync(id, "more")).State);
            await stage.UnloadAsync(id);
        }

        Assert.Equal(0, stage.Sessions.Statistics.Evictions);
    }

    [Fact]
    public async Task Unused_sessions_are_dropped_after_a_while_and_busy_ones_are_not()
    {
        var time = new ManualTime();
        await using var stage = new Stage(options: new AgentRuntimeOptions { Time = time });
        var (idle, busy) = (await stage.NewAsync(), await stage.NewAsync());
        var asked = stage.AskAsync(busy, "work");
        var call = await stage.Model.NextAsync();
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(2, stage.Sessions.Statistics.Loaded);

        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal((1, 1), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Evictions));
        call.Finish("done");
        await asked;
        await stage.ReadAsync(idle, s => s);
        time.Advance(TimeSpan.FromMinutes(62));
        Assert.Equal(0, stage.Sessions.Statistics.Loaded);
        Assert.Equal(0, stage.Sessions.Statistics.Bytes);
    }

    [Fact]
    public async Task A_session_with_something_on_the_way_to_the_disk_is_not_dropped()
    {
        await using var stage = Bounded(maxSessions: 1);
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync(Durability.Batched);
        await stage.AskAsync(id, "hello");

        Assert.Equal("sessions_full", (await Assert.ThrowsAsync<TroupeException>(() => stage.NewAsync())).Code);
        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        await stage.NewAsync();
        Assert.Equal(2, (await stage.EntriesAsync(id)).Length);
    }

    [Fact]
    public async Task Evictions_and_inputs_at_once_lose_nothing()
    {
        await using var stage = Bounded(maxSessions: 4, sqlite: true);
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await stage.NewAsync());
        }

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    Assert.Equal($"re {i}", (await stage.AskAsync(ids[i % 8], $"{i}", $"key {i}")).Reply);
                    return;
                }
                catch (TroupeException full) when (full.Kind == ErrorKind.Unavailable)
                {
                    await Task.Yield();
                }
            }
        }))).Soon();

        Assert.Equal(200, stage.Model.Count);
        await stage.ReopenAsync();
        for (var i = 0; i < 8; i++)
        {
            var entries = await stage.EntriesAsync(ids[i]);
            Assert.Equal(Enumerable.Range(0, 200).Where(n => n % 8 == i).Order(), entries.Where(e => e.Role == EntryRole.User).Select(e => int.Parse(e.Text)).Order());
        }
    }

    [Fact]
    public async Task Callers_that_meet_a_closed_session_at_once_load_it_once()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var closed = await stage.ReadAsync(id, s => s);
        Assert.True(closed.TryClose());
        stage.Sessions.Remove(closed);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Store.BeforeLoad = () => gate.Task;
        var first = stage.ReadAsync(id, s => s);

        // A second caller reports the same closed session while the first one's load is under way.
        stage.Sessions.Remove(closed);
        var second = stage.ReadAsync(id, s => s);
        gate.SetResult();

        Assert.Same(await first, await second);
        Assert.Equal(1, stage.Store.Loads);
    }

    private static Stage Bounded(int maxSessions, bool sqlite = false) => new(sqlite, options: new AgentRuntimeOptions
    {
        Sessions = new() { MaxSessions = maxSessions },
        Journal = new() { SaveInterval = TimeSpan.FromHours(1) },
    });
}
