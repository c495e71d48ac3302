using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class FenceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_whose_write_was_refused_is_loaded_anew_and_usable(bool sqlite)
    {
        await using var stage = new Stage(sqlite);
        var id = await stage.NewAsync();
        stage.Model.Reply = _ => "yes";
        await stage.AskAsync(id, "before");
        await stage.Model.NextAsync();
        stage.Model.Reply = null;
        stage.Store.Hold();
        var (session, running) = await stage.SayAsync(id, "refused");
        var call = await stage.Model.NextAsync();
        var (_, waiting) = await stage.SayAsync(id, "behind");
        var told = new[] { running, waiting }.Select(t => Assert.ThrowsAsync<TroupeException>(() => session.WaitAsync(t, Limits.Token))).ToList();
        stage.Store.Refuse = _ => true;
        stage.Store.Release();

        Assert.All(await Task.WhenAll(told).Soon(), e => Assert.Contains(e.Kind, new[] { ErrorKind.Conflict, ErrorKind.Unavailable }));
        stage.Store.Refuse = null;
        call.Finish("too late");
        stage.Model.Reply = _ => "after";
        Assert.Equal("after", (await stage.AskAsync(id, "again")).Reply);

        Assert.Equal(["before", "yes", "again", "after"], (await stage.EntriesAsync(id)).Select(e => e.Text));
        Assert.NotSame(session, await stage.ReadAsync(id, s => s));
        Assert.Equal(0, stage.Runtime.Journal.Statistics.Turns);
    }

    [Fact]
    public async Task A_reply_that_was_refused_is_told_as_an_error_and_its_key_runs_anew()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "go", "key");
        var call = await stage.Model.NextAsync();
        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        stage.Store.Refuse = operation => operation is StoreOperation.WriteTurn;
        call.Finish("lost");

        await Assert.ThrowsAsync<TroupeException>(() => session.WaitAsync(turn, Limits.Token));
        stage.Store.Refuse = null;
        stage.Model.Reply = _ => "kept";

        Assert.Equal("kept", (await stage.AskAsync(id, "go", "key")).Reply);
        Assert.Equal(["go", "kept"], (await stage.EntriesAsync(id)).Select(e => e.Text));
    }

    [Fact]
    public async Task Whoever_waits_is_told_of_a_refused_write_though_the_session_is_evicted_meanwhile()
    {
        await using var stage = new Stage();
        stage.Model.Reply = _ => "yes";
        for (var round = 0; round < 200; round++)
        {
            var id = await stage.NewAsync();
            var (session, turn) = await stage.SayAsync(id, "go");
            stage.Store.Refuse = operation => operation is StoreOperation.WriteTurn { Turn.State: TurnState.Completed };
            var evicting = Task.Run(() =>
            {
                while (!session.TryClose())
                {
                    Thread.Yield();
                }
            });
            var told = await Record.ExceptionAsync(() => session.WaitAsync(turn, Limits.Token));
            Assert.True(told is null or TroupeException, told?.ToString());
            await evicting.Soon();
            stage.Store.Refuse = null;
        }
    }

    [Fact]
    public async Task A_turn_that_ends_behind_a_broken_fence_fails_with_an_error_of_the_family()
    {
        await using var stage = new Stage();
        for (var round = 0; round < 100; round++)
        {
            var id = await stage.NewAsync();
            var (session, turn) = await stage.SayAsync(id, "go");
            var call = await stage.Model.NextAsync();
            await stage.Runtime.Journal.FlushAsync(Limits.Token);
            stage.Store.Refuse = operation => operation is StoreOperation.UpdateSession;
            var update = Record.ExceptionAsync(() => session.UpdateAsync("title", null, null, Limits.Token));
            call.Finish("done");

            var told = await Record.ExceptionAsync(() => session.WaitAsync(turn, Limits.Token));
            Assert.True(told is null or TroupeException, told?.ToString());
            Assert.IsAssignableFrom<TroupeException>(await update);
            stage.Store.Refuse = null;
        }
    }

    [Fact]
    public async Task A_refused_write_harms_no_neighbour()
    {
        await using var stage = new Stage();
        stage.Model.Reply = _ => "yes";
        var (bad, good) = (await stage.NewAsync(), await stage.NewAsync());
        var number = await stage.ReadAsync(bad, s => s.Record.Number);
        stage.Store.Refuse = operation => operation.SessionNumber == number;

        var asked = Enumerable.Range(0, 10).Select(i => stage.AskAsync(good, $"{i}")).ToList();
        await Assert.ThrowsAsync<TroupeException>(() => stage.AskAsync(bad, "go"));

        Assert.All(await Task.WhenAll(asked).Soon(), r => Assert.Equal(TurnState.Completed, r.State));
        stage.Store.Refuse = null;
        Assert.Equal(TurnState.Completed, (await stage.AskAsync(bad, "go")).State);
    }

    [Fact]
    public async Task A_follower_of_a_refused_turn_is_told_and_may_follow_on()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        stage.Store.Refuse = operation => operation is StoreOperation.WriteTurn or StoreOperation.Together;
        var (session, turn) = await stage.SayAsync(id, "go");

        await Assert.ThrowsAsync<TroupeException>(() => new TurnReader().ReadAsync(session.FollowAsync(turn, null, Limits.Token)));
        stage.Store.Refuse = null;
        stage.Model.Reply = _ => "yes";
        var reader = new TurnReader();
        var reading = reader.ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, new TurnPosition(turn.Number, 1, 0), Limits.Token), e => e is TurnEvent.Ended);
        while (!reading.IsCompleted)
        {
            await stage.AskAsync(id, "again");
        }

        await reading;
        Assert.Equal("yes", Assert.Single(reader.Texts.Values));
    }
}
