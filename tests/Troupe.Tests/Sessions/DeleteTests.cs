using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class DeleteTests
{
    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.Batched)]
    public async Task Deleting_stops_the_turns_tells_who_waits_and_leaves_nothing(Durability durability)
    {
        await using var stage = new Stage(sqlite: true);
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync(durability);
        await stage.AskAsync(id, "before");
        await stage.Model.NextAsync();
        stage.Model.Reply = null;
        var (session, running) = await stage.SayAsync(id, "running");
        (await stage.Model.NextAsync()).Say("half");
        var (_, waiting) = await stage.SayAsync(id, "waiting");
        var told = new[] { running, waiting }.Select(t => Assert.ThrowsAsync<TroupeException>(() => session.WaitAsync(t, Limits.Token))).ToList();
        var follower = Assert.ThrowsAsync<TroupeException>(() => new TurnReader().ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, null, Limits.Token)));

        await session.DeleteAsync(Limits.Token);

        Assert.All(await Task.WhenAll(told).Soon(), e => Assert.Equal("session_not_found", e.Code));
        Assert.Equal("session_not_found", (await follower.Soon()).Code);
        Assert.Null(await stage.StoredAsync(id));
        Assert.Equal("session_not_found", (await Assert.ThrowsAsync<TroupeException>(() => stage.AskAsync(id, "again"))).Code);
        Assert.Equal("session_not_found", Assert.Throws<TroupeException>(() => session.Cancel(running.Number)).Code);
        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        Assert.Null(await stage.StoredAsync(id));
        Assert.Equal((0, 0, 0), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Bytes, stage.Runtime.Journal.Statistics.Turns));
        await stage.ReopenAsync();
        await Assert.ThrowsAsync<TroupeException>(() => stage.EntriesAsync(id));
    }

    [Fact]
    public async Task An_idle_follower_is_told_when_its_session_is_deleted()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var follower = stage.Sessions.FollowAsync(id, Stage.Owner, null, Limits.Token).GetAsyncEnumerator();
        var next = follower.MoveNextAsync().AsTask();

        await (await stage.ReadAsync(id, s => s)).DeleteAsync(Limits.Token);

        Assert.Equal("session_not_found", (await Assert.ThrowsAsync<TroupeException>(() => next.Soon())).Code);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task A_deletion_that_cannot_be_written_leaves_the_session_usable()
    {
        await using var stage = new Stage();
        stage.Model.Reply = _ => "yes";
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "before");
        stage.Store.Refuse = operation => operation is StoreOperation.DeleteSession;

        await Assert.ThrowsAsync<TroupeException>(async () => await (await stage.ReadAsync(id, s => s)).DeleteAsync(Limits.Token));

        stage.Store.Refuse = null;
        Assert.Equal(TurnState.Completed, (await stage.AskAsync(id, "after")).State);
        Assert.Equal(4, (await stage.EntriesAsync(id)).Length);
    }

    [Fact]
    public async Task Inputs_cancels_and_deletions_at_once_end_without_a_trace()
    {
        await using var stage = new Stage(sqlite: true);
        stage.Model.Reply = _ => "yes";
        for (var round = 0; round < 20; round++)
        {
            var id = await stage.NewAsync(round % 2 == 0 ? Durability.Durable : Durability.Batched);
            var inputs = Enumerable.Range(0, 10).Select(i => Task.Run(() => TryAsync(() => stage.AskAsync(id, $"{i}"))));
            var cancels = Enumerable.Range(0, 3).Select(_ => Task.Run(() => TryAsync(() => stage.ReadAsync(id, s =>
            {
                s.CancelAll();
                return true;
            }))));
            var deletions = Enumerable.Range(0, 3).Select(_ => Task.Run(() => TryAsync(() => stage.ReadAsync(id, s => s.DeleteAsync(Limits.Token)).Unwrap())));

            await Task.WhenAll([.. inputs, .. cancels, .. deletions]).Soon();

            Assert.Null(await stage.StoredAsync(id));
            Assert.Equal((0, 0), (stage.Sessions.Statistics.Loaded, stage.Sessions.Statistics.Bytes));
        }

        await stage.Runtime.Journal.FlushAsync(Limits.Token);
        Assert.Equal(0, stage.Runtime.Journal.Statistics.Turns);

        static async Task TryAsync(Func<Task> action)
        {
            try
            {
                await action();
            }
            catch (TroupeException gone)
            {
                Assert.Equal("session_not_found", gone.Code);
            }
        }
    }
}
