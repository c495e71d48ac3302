using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class BranchTests
{
    [Fact]
    public async Task A_waiting_input_follows_the_head_at_its_start_and_not_at_its_arrival()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        await stage.SayAsync(id, "one");
        var call = await stage.Model.NextAsync();
        var (session, turn) = await stage.SayAsync(id, "two");
        stage.Model.Reply = _ => "answer";
        call.Finish("first");
        await session.WaitAsync(turn, Limits.Token);

        Assert.Equal([0, 1, 2, 3], (await stage.EntriesAsync(id)).Select(e => e.Parent));
    }

    [Fact]
    public async Task An_input_may_follow_any_entry_or_none()
    {
        await using var stage = await TwoTurnsAsync();
        var id = stage.Id;

        await stage.Stage.AskAsync(id, "beside three", parent: 2);
        await stage.Stage.AskAsync(id, "a new root", parent: 0);
        await stage.Stage.AskAsync(id, "goes on");

        Assert.Equal([0, 1, 2, 3, 2, 5, 0, 7, 8, 9], (await stage.Stage.EntriesAsync(id)).Select(e => e.Parent));
        Assert.Equal("a new root|re a new root|goes on", stage.Seen[^1]);
        Assert.Equal("one|re one|beside three", stage.Seen[2]);
        Assert.Equal(10, await stage.Stage.ReadAsync(id, s => s.Head));
    }

    [Fact]
    public async Task Another_answer_stands_beside_the_earlier_one()
    {
        await using var stage = await TwoTurnsAsync();

        var (session, turn) = await stage.Stage.SubmitAsync(stage.Id, new TurnInput { Regenerate = 1 });
        var result = await session.WaitAsync(turn, Limits.Token);

        Assert.Equal("re one", result.Reply);
        Assert.Equal("one", stage.Seen[^1]);
        var entries = await stage.Stage.EntriesAsync(stage.Id);
        Assert.Equal([0, 1, 2, 3, 1], entries.Select(e => e.Parent));
        Assert.Equal(5, session.Head);
        await stage.Stage.ReopenAsync();
        Assert.Equal(5, await stage.Stage.ReadAsync(stage.Id, s => s.Head));
    }

    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.Batched)]
    public async Task The_head_that_the_owner_chose_is_followed_also_after_a_reload(Durability durability)
    {
        await using var stage = await TwoTurnsAsync(durability);
        await stage.Stage.ReadAsync(stage.Id, s => s.UpdateAsync("A title", null, 2, Limits.Token)).Unwrap();
        Assert.Equal(2, await stage.Stage.ReadAsync(stage.Id, s => s.Head));

        await stage.Stage.ReopenAsync();
        Assert.Equal((2, "A title"), await stage.Stage.ReadAsync(stage.Id, s => (s.Head, s.Record.Title)));
        await stage.Stage.AskAsync(stage.Id, "from two");

        Assert.Equal("one|re one|from two", stage.Seen[^1]);
        Assert.Equal(6, await stage.Stage.ReadAsync(stage.Id, s => s.Head));
        await stage.Stage.ReopenAsync();
        Assert.Equal(6, await stage.Stage.ReadAsync(stage.Id, s => s.Head));
    }

    [Fact]
    public async Task A_chosen_head_survives_a_crash_together_with_what_it_points_at()
    {
        await using var stage = await TwoTurnsAsync(Durability.Batched);
        await stage.Stage.ReadAsync(stage.Id, s => s.UpdateAsync(null, null, 4, Limits.Token)).Unwrap();

        await stage.Stage.CrashAsync();

        Assert.Equal((4, 4), await stage.Stage.ReadAsync(stage.Id, s => (s.Count, s.Head)));
        Assert.Equal(TurnState.Completed, (await stage.Stage.AskAsync(stage.Id, "three")).State);
        Assert.Equal("one|re one|two|re two|three", stage.Seen[^1]);
    }

    [Fact]
    public async Task A_stored_head_past_the_log_is_not_followed()
    {
        var store = new MemoryStore();
        var now = new ManualTime().GetUtcNow();
        var record = new SessionRecord
        {
            Number = store.NextNumber(),
            Id = "s",
            Owner = Stage.Owner,
            Agent = "guide",
            Durability = Durability.Durable,
            Head = 4,
            HeadAfter = 4,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await using var journal = new Journal(store);
        await using var directory = new SessionDirectory(store, journal, (_, _, _) => Task.FromResult(new TurnOutcome(TurnState.Completed)), _ => new SessionPolicy());
        await journal.WriteAsync(new StoreOperation.CreateSession(record));

        var (session, turn) = await directory.SubmitAsync("s", Stage.Owner, new TurnInput { Message = "hello" }, Limits.Token);
        await session.WaitAsync(turn, Limits.Token);

        Assert.All(session.Page(0, 10), e => Assert.True(e.Parent < e.Seq));
    }

    [Fact]
    public async Task A_second_answer_that_is_cancelled_before_its_first_word_leaves_the_head_where_it_was()
    {
        await using var stage = await TwoTurnsAsync();
        stage.Stage.Model.Reply = null;
        var (session, turn) = await stage.Stage.SubmitAsync(stage.Id, new TurnInput { Regenerate = 1 });

        session.Cancel(turn.Number);
        await session.WaitAsync(turn, Limits.Token);

        Assert.Equal(4, session.Head);
        await stage.Stage.ReopenAsync();
        Assert.Equal(4, await stage.Stage.ReadAsync(stage.Id, s => s.Head));
    }

    [Fact]
    public async Task A_running_turn_moves_the_head_past_the_one_chosen_meanwhile()
    {
        await using var stage = await TwoTurnsAsync();
        stage.Stage.Model.Reply = null;
        var (session, turn) = await stage.Stage.SayAsync(stage.Id, "three");
        while ((await stage.Stage.Model.NextAsync()) is var call)
        {
            if (call.Messages[^1].Text == "three")
            {
                await session.UpdateAsync(null, null, 2, Limits.Token);
                call.Finish("3");
                break;
            }
        }

        await session.WaitAsync(turn, Limits.Token);
        Assert.Equal(6, session.Head);
        await stage.Stage.ReopenAsync();
        Assert.Equal(6, await stage.Stage.ReadAsync(stage.Id, s => s.Head));
    }

    [Theory]
    [InlineData(5, null)]
    [InlineData(-1, null)]
    [InlineData(null, 2)]
    [InlineData(null, 0)]
    [InlineData(null, 5)]
    public async Task An_input_that_names_no_entry_is_refused_and_changes_nothing(int? parent, int? regenerate)
    {
        await using var stage = await TwoTurnsAsync();

        var refusal = await Assert.ThrowsAsync<TroupeException>(() => stage.Stage.SubmitAsync(
            stage.Id, new TurnInput { Message = regenerate is null ? "hello" : null, Parent = parent, Regenerate = regenerate, Key = "key" }));

        Assert.Equal("entry_not_found", refusal.Code);
        Assert.Equal(parent is null ? "regenerate" : "parent", refusal.Member);
        Assert.Equal(0, stage.Stage.Runtime.Journal.Statistics.Turns);
        Assert.Equal((4, 4), await stage.Stage.ReadAsync(stage.Id, s => (s.Count, s.Head)));
        Assert.Equal(TurnState.Completed, (await stage.Stage.AskAsync(stage.Id, "fine", "key")).State);
    }

    [Fact]
    public async Task A_head_that_is_no_entry_is_refused_and_changes_nothing()
    {
        await using var stage = await TwoTurnsAsync();

        var refusal = await Assert.ThrowsAsync<TroupeException>(() => stage.Stage.ReadAsync(stage.Id, s => s.UpdateAsync("new", true, 5, Limits.Token)).Unwrap());

        Assert.Equal(("entry_not_found", "head"), (refusal.Code, refusal.Member));
        Assert.Equal((4, "one", false), await stage.Stage.ReadAsync(stage.Id, s => (s.Head, s.Record.Title, s.Record.Archived)));
    }

    private static async Task<Conversation> TwoTurnsAsync(Durability durability = Durability.Durable)
    {
        var stage = new Stage(sqlite: true, options: new() { Journal = new() { SaveInterval = TimeSpan.FromHours(1) } });
        var conversation = new Conversation(stage, await stage.NewAsync(durability));
        await stage.AskAsync(conversation.Id, "one");
        await stage.AskAsync(conversation.Id, "two");
        return conversation;
    }

    /// <summary>A session with two exchanges, and what its model has seen.</summary>
    private sealed class Conversation : IAsyncDisposable
    {
        public Conversation(Stage stage, string id)
        {
            (Stage, Id) = (stage, id);
            stage.Model.Reply = messages =>
            {
                Seen.Add(string.Join('|', messages.Select(m => m.Text)));
                return $"re {messages[^1].Text}";
            };
        }

        public Stage Stage { get; }

        public string Id { get; }

        public List<string> Seen { get; } = [];

        public ValueTask DisposeAsync() => Stage.DisposeAsync();
    }
}
