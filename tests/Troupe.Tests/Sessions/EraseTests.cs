using Troupe.Agents;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

/// <summary>Branches that are erased for good.</summary>
public sealed class EraseTests
{
    private static readonly AgentRuntimeOptions SavedByHand = new() { Journal = new() { SaveInterval = TimeSpan.FromHours(1) } };

    [Theory]
    [InlineData(Durability.Durable, false)]
    [InlineData(Durability.Durable, true)]
    [InlineData(Durability.Batched, true)]
    public async Task What_is_erased_is_gone_from_memory_store_and_model_and_its_places_stay(Durability durability, bool sqlite)
    {
        await using var stage = new Stage(sqlite, options: SavedByHand);
        var seen = Watch(stage);
        var id = await stage.NewAsync(durability);
        await stage.AskAsync(id, "one");
        await stage.AskAsync(id, "two");
        await stage.AskAsync(id, "three");
        await stage.AskAsync(id, "beside", parent: 2);
        await stage.ReadAsync(id, s => s.UpdateAsync(null, null, 6, Limits.Token)).Unwrap();

        Assert.Equal((8, 4), await EraseAsync(stage, id, 3));

        await CheckAsync();
        await stage.CrashAsync();
        await CheckAsync();
        Assert.Equal((8, 0), await EraseAsync(stage, id, 4));
        await stage.AskAsync(id, "go on");
        Assert.Equal("one|re one|beside|re beside|go on", seen[^1]);
        Assert.Equal((2, 8), await EraseAsync(stage, id, 7) is var (head, erased) ? (head, erased + 4) : default);
        await stage.AskAsync(id, "and on");
        Assert.Equal("one|re one|and on", seen[^1]);

        async Task CheckAsync()
        {
            var entries = await stage.EntriesAsync(id);
            Assert.Equal(["one", "re one", "", "", "", "", "beside", "re beside"], entries.Select(e => e.Text));
            Assert.Equal([0, 1, 2, 3, 4, 5, 2, 7], entries.Select(e => e.Parent));
            Assert.All(entries[2..6], e => Assert.Equal((EntryRole.Erased, null), (e.Role, e.Data)));
            Assert.Equal(entries, (await stage.StoredAsync(id))!.Entries);
            Assert.Equal(8, await stage.ReadAsync(id, s => s.Head));
        }
    }

    /// <summary>One and two follow each other; three stands beside two; four is another root. Where the head goes on is told by the last number.</summary>
    [Theory]
    [InlineData(4, 3, 6)]
    [InlineData(4, 4, 3)]
    [InlineData(6, 5, 4)]
    [InlineData(6, 6, 5)]
    [InlineData(4, 1, 8)]
    [InlineData(8, 7, 6)]
    [InlineData(8, 3, 8)]
    [InlineData(2, 3, 2)]
    public async Task The_head_leaves_the_branch_for_the_newest_beside_it_or_for_what_it_followed(int head, int erased, int expected)
    {
        await using var stage = new Stage(sqlite: true);
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one");
        await stage.AskAsync(id, "two");
        await stage.AskAsync(id, "three", parent: 2);
        await stage.AskAsync(id, "four", parent: 0);
        await stage.ReadAsync(id, s => s.UpdateAsync(null, null, head, Limits.Token)).Unwrap();

        Assert.Equal(expected, (await EraseAsync(stage, id, erased)).Head);

        await stage.UnloadAsync(id);
        Assert.Equal(expected, await stage.ReadAsync(id, s => s.Head));
        Assert.Equal(expected, (await stage.Store.OutlineAsync(id, Limits.Token))!.Head);
        await stage.AskAsync(id, "five");
        Assert.Equal(expected, (await stage.EntriesAsync(id))[8].Parent);
    }

    [Fact]
    public async Task When_everything_is_erased_the_session_begins_anew()
    {
        await using var stage = new Stage(sqlite: true);
        var seen = Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one");

        Assert.Equal((0, 2), await EraseAsync(stage, id, 1));
        Assert.Null(await stage.ReadAsync(id, s => s.Record.Title));
        await stage.ReopenAsync();
        await stage.AskAsync(id, "anew");

        Assert.Equal("anew", seen[^1]);
        Assert.Equal([0, 1, 0, 3], (await stage.EntriesAsync(id)).Select(e => e.Parent));
        Assert.Equal("anew", (await stage.StoredAsync(id))!.Session.Title);
    }

    [Fact]
    public async Task A_title_goes_with_the_words_that_it_was_taken_from_and_one_that_was_given_stays()
    {
        await using var stage = new Stage(sqlite: true);
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one");
        await stage.AskAsync(id, "two", parent: 0);
        await EraseAsync(stage, id, 1);
        Assert.Equal("two", (await stage.StoredAsync(id))!.Session.Title);

        await stage.ReadAsync(id, s => s.UpdateAsync("Given", null, null, Limits.Token)).Unwrap();
        await EraseAsync(stage, id, 3);
        Assert.Equal("Given", (await stage.StoredAsync(id))!.Session.Title);
    }

    [Fact]
    public async Task An_erased_turn_is_neither_told_again_nor_run_again()
    {
        await using var stage = new Stage(sqlite: true);
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one", "key 1");
        await stage.AskAsync(id, "two", "key 2");
        var again = new TurnInput { Regenerate = 3, Key = "key 3" };
        var (session, turn) = await stage.SubmitAsync(id, again);
        await session.WaitAsync(turn, Limits.Token);
        var calls = stage.Model.Count;
        Assert.Equal((4, 1), await EraseAsync(stage, id, 5));
        await RefusedAsync(again);
        Assert.Equal("re two", (await stage.AskAsync(id, "two", "key 2")).Reply);
        await EraseAsync(stage, id, 3);
        for (var round = 0; round < 2; round++)
        {
            await RefusedAsync(again);
            await RefusedAsync(new TurnInput { Message = "two", Key = "key 2" });
            var other = await Assert.ThrowsAsync<TroupeException>(() => stage.SayAsync(id, "another", "key 2"));
            Assert.Equal("idempotency_key_reused", other.Code);
            Assert.Equal("re one", (await stage.AskAsync(id, "one", "key 1")).Reply);
            Assert.Equal("", (await stage.ReadAsync(id, s => s.WaitAsync(s.FindTurn(turn.Number), Limits.Token)).Unwrap()).Reply);
            await stage.ReopenAsync();
        }

        Assert.Equal(calls, stage.Model.Count);

        async Task RefusedAsync(TurnInput input)
        {
            var refusal = await Assert.ThrowsAsync<TroupeException>(() => stage.SubmitAsync(id, input));
            Assert.Equal((ErrorKind.Conflict, "turn_erased"), (refusal.Kind, refusal.Code));
        }
    }

    [Fact]
    public async Task A_failed_turn_that_is_erased_is_not_run_again()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "one", "key");
        (await stage.Model.NextAsync()).Fail(new IOException());
        Assert.Equal(TurnState.Failed, (await session.WaitAsync(turn, Limits.Token)).State);

        Assert.Equal((0, 1), await EraseAsync(stage, id, 1));

        Assert.Equal("turn_erased", (await Assert.ThrowsAsync<TroupeException>(() => stage.SayAsync(id, "one", "key"))).Code);
    }

    [Fact]
    public async Task Nothing_follows_what_is_erased()
    {
        await using var stage = new Stage();
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one");
        await stage.AskAsync(id, "two");
        await EraseAsync(stage, id, 3);

        Assert.Equal("parent", (await Assert.ThrowsAsync<TroupeException>(() => stage.SayAsync(id, "three", parent: 4))).Member);
        Assert.Equal("regenerate", (await Assert.ThrowsAsync<TroupeException>(() => stage.SubmitAsync(id, new TurnInput { Regenerate = 3 }))).Member);
        Assert.Equal("head", (await Assert.ThrowsAsync<TroupeException>(() => stage.ReadAsync(id, s => s.UpdateAsync(null, null, 4, Limits.Token)).Unwrap())).Member);
        Assert.Equal(4, (await stage.EntriesAsync(id)).Length);
    }

    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.Batched)]
    public async Task A_branch_with_a_turn_under_way_is_left_alone_and_another_is_not(Durability durability)
    {
        await using var stage = new Stage(options: SavedByHand);
        var id = await stage.NewAsync(durability);
        await FinishedAsync("one");
        await FinishedAsync("two", parent: 0);
        await FinishedAsync("three", parent: 0);
        var (session, running) = await stage.SayAsync(id, "four", parent: 2);
        var call = await stage.Model.NextAsync();
        call.Say("half");
        var (_, waiting) = await stage.SayAsync(id, "five", parent: 4);
        var (_, again) = await stage.SubmitAsync(id, new TurnInput { Regenerate = 3 });

        foreach (var (seq, busy) in new[] { (1, running), (2, running), (3, waiting), (4, waiting) })
        {
            var refusal = await Assert.ThrowsAsync<TroupeException>(() => EraseAsync(stage, id, seq));
            Assert.Equal((ErrorKind.Conflict, "branch_busy"), (refusal.Kind, refusal.Code));
            Assert.Contains($"{busy.Number}", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal((4, 2), await EraseAsync(stage, id, 5));
        session.Cancel(waiting.Number);
        Assert.Equal("branch_busy", (await Assert.ThrowsAsync<TroupeException>(() => EraseAsync(stage, id, 3))).Code);
        session.Cancel(again.Number);
        await Task.WhenAll(session.WaitAsync(waiting, Limits.Token), session.WaitAsync(again, Limits.Token)).Soon();
        Assert.Equal((2, 2), await EraseAsync(stage, id, 3));
        call.Finish(" and whole");
        Assert.Equal("half and whole", (await session.WaitAsync(running, Limits.Token)).Reply);
        Assert.Equal(8, session.Head);
        Assert.Equal((0, 4), await EraseAsync(stage, id, 1));
        await stage.ReopenAsync();
        Assert.All(await stage.EntriesAsync(id), e => Assert.Equal((EntryRole.Erased, ""), (e.Role, e.Text)));
        Assert.Equal(0, await stage.ReadAsync(id, s => s.Head));

        async Task FinishedAsync(string text, int? parent = null)
        {
            var (session, turn) = await stage.SayAsync(id, text, parent: parent);
            (await stage.Model.NextAsync()).Finish($"re {text}");
            await session.WaitAsync(turn, Limits.Token);
        }
    }

    [Theory]
    [InlineData(0, "entry_not_found", ErrorKind.NotFound)]
    [InlineData(-1, "entry_not_found", ErrorKind.NotFound)]
    [InlineData(6, "entry_not_found", ErrorKind.NotFound)]
    [InlineData(2, "entry_not_erasable", ErrorKind.Invalid)]
    [InlineData(3, "entry_not_erasable", ErrorKind.Invalid)]
    [InlineData(5, "entry_not_erasable", ErrorKind.Invalid)]
    public async Task Only_what_was_said_can_be_named(int seq, string code, ErrorKind kind)
    {
        await using var stage = new Stage();
        var id = await WithToolAsync(stage);

        var refusal = await Assert.ThrowsAsync<TroupeException>(() => EraseAsync(stage, id, seq));

        Assert.Equal((kind, code), (refusal.Kind, refusal.Code));
        Assert.DoesNotContain(await stage.EntriesAsync(id), e => e.Role == EntryRole.Erased);
    }

    [Fact]
    public async Task Tools_and_summaries_go_with_what_they_belong_to()
    {
        await using var stage = new Stage(sqlite: true);
        var seen = Watch(stage);
        var id = await WithToolAsync(stage);
        await stage.AskAsync(id, "next");
        Assert.Equal("Summary of the earlier conversation:\nsummed up|next", seen[^1]);

        Assert.Equal((0, 7), await EraseAsync(stage, id, 1));

        await stage.AskAsync(id, "anew");
        Assert.Equal("anew", seen[^1]);
        var stored = (await stage.StoredAsync(id))!;
        Assert.All(stored.Entries.Take(7), e => Assert.Equal((EntryRole.Erased, "", null), (e.Role, e.Text, e.Data)));
    }

    [Fact]
    public async Task An_erasure_is_whole_or_not_at_all_when_the_machine_stops()
    {
        await using var stage = new Stage(sqlite: true);
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one");
        await stage.AskAsync(id, "two");
        stage.Store.Hold();
        var erasing = EraseAsync(stage, id, 3);
        await stage.Store.ArrivedAsync();

        await stage.CrashAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => erasing.Soon());
        Assert.Equal(["one", "re one", "two", "re two"], (await stage.EntriesAsync(id)).Select(e => e.Text));
        Assert.Equal(4, await stage.ReadAsync(id, s => s.Head));
    }

    [Fact]
    public async Task An_erasure_that_cannot_be_written_leaves_the_session_as_it_was()
    {
        await using var stage = new Stage();
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one", "key");
        stage.Store.Refuse = operation => operation is StoreOperation.Together { Parts: [StoreOperation.EraseEntries, ..] };

        await Assert.ThrowsAnyAsync<Exception>(() => EraseAsync(stage, id, 1));

        stage.Store.Refuse = null;
        Assert.Equal("re one", (await stage.AskAsync(id, "one", "key")).Reply);
        Assert.Equal(["one", "re one"], (await stage.EntriesAsync(id)).Select(e => e.Text));
    }

    [Fact]
    public async Task What_was_kept_to_be_answered_again_is_forgotten()
    {
        var agent = new AgentDefinition { Name = "guide", Caching = new AnswerCaching { Scope = AnswerScope.Owner, ReuseSamples = true } };
        await using var stage = new Stage(agent: agent);
        Watch(stage);
        var (first, second) = (await stage.NewAsync(), await stage.NewAsync());
        Assert.False((await stage.AskAsync(first, "one")).Cached);
        Assert.True((await stage.AskAsync(second, "one")).Cached);

        await EraseAsync(stage, first, 1);

        Assert.False((await stage.AskAsync(await stage.NewAsync(), "one")).Cached);
    }

    [Fact]
    public async Task Inputs_and_erasures_at_once_leave_a_whole_log()
    {
        await using var stage = new Stage(sqlite: true);
        Watch(stage);
        for (var round = 0; round < 10; round++)
        {
            var id = await stage.NewAsync(round % 2 == 0 ? Durability.Durable : Durability.Batched);
            await stage.AskAsync(id, "one");
            var inputs = Enumerable.Range(0, 8).Select(i => Task.Run(() => TryAsync(() => stage.AskAsync(id, $"{i}", parent: i % 3 == 0 ? 0 : null))));
            var erasures = Enumerable.Range(1, 6).Select(i => Task.Run(() => TryAsync(() => EraseAsync(stage, id, i))));

            await Task.WhenAll([.. inputs, .. erasures]).Soon();

            var entries = await stage.EntriesAsync(id);
            Assert.All(entries.Where(e => e.Parent > 0 && entries[e.Parent - 1].Role == EntryRole.Erased), e => Assert.Equal(EntryRole.Erased, e.Role));
            Assert.All(entries.Where(e => e.Role == EntryRole.Erased), e => Assert.Equal("", e.Text));
            var head = await stage.ReadAsync(id, s => s.Head);
            Assert.True(head == 0 || entries[head - 1].Role != EntryRole.Erased);
            await stage.Runtime.Journal.FlushAsync(Limits.Token);
            Assert.Equal(entries, (await stage.StoredAsync(id))!.Entries);
            await stage.UnloadAsync(id);
            Assert.Equal(head, await stage.ReadAsync(id, s => s.Head));
        }

        static async Task TryAsync(Func<Task> action)
        {
            try
            {
                await action();
            }
            catch (TroupeException refusal)
            {
                Assert.Contains(refusal.Code, new[] { "entry_not_found", "branch_busy" });
            }
        }
    }

    private static Task<(int Head, int Erased)> EraseAsync(Stage stage, string id, int seq) => stage.ReadAsync(id, s => s.EraseAsync(seq, Limits.Token)).Unwrap();

    private static List<string> Watch(Stage stage)
    {
        List<string> seen = [];
        stage.Model.Reply = messages =>
        {
            lock (seen)
            {
                seen.Add(string.Join('|', messages.Select(m => m.Text)));
            }

            return $"re {messages[^1].Text}";
        };
        return seen;
    }

    /// <summary>A message, a tool's call and result, a reply, and a summary of all.</summary>
    private static async Task<string> WithToolAsync(Stage stage)
    {
        var at = DateTimeOffset.UnixEpoch;
        Entry[] entries =
        [
            new(1, 0, 0, EntryRole.User, at, "What time is it?"),
            new(2, 1, 0, EntryRole.ToolCall, at, "{}", new ToolData("c1", "clock").Write()),
            new(3, 2, 0, EntryRole.ToolResult, at, "noon", new ToolData("c1", "clock", Status: "ok").Write()),
            new(4, 3, 0, EntryRole.Assistant, at, "Noon."),
            new(5, 4, 0, EntryRole.Summary, at, "summed up", """{"covers":4}"""),
        ];
        return (await stage.Sessions.ImportAsync(Stage.Owner, "guide", Durability.Durable, "Time", 5, entries, cancellationToken: Limits.Token)).Session.Record.Id;
    }
}
