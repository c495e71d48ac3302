using System.Text.Json;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

/// <summary>What every store must do; each back end inherits it.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    private protected IStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_session_comes_back_with_every_field()
    {
        var session = new SessionRecord
        {
            Number = Store.NextNumber(),
            Id = "s-äß-😀",
            Owner = "Ольга '); DROP TABLE sessions; --",
            Agent = "",
            Durability = Durability.Batched,
            Title = "line\r\n\ttab \u2028 \uFFFD \U0010FFFF",
            Archived = true,
            Head = int.MaxValue,
            HeadAfter = int.MinValue,
            CreatedAt = DateTimeOffset.UnixEpoch.AddMilliseconds(-1),
            UpdatedAt = new DateTimeOffset(9999, 12, 31, 23, 59, 59, 999, TimeSpan.Zero),
        };

        AllWritten(Store.Write(new StoreOperation.CreateSession(session)));

        await ReopenAsync();
        Assert.Equal(session, (await Store.LoadAsync(session.Id))!.Session);
    }

    [Fact]
    public async Task Empty_text_and_no_text_are_different()
    {
        AllWritten(Store.Write(
            new StoreOperation.CreateSession(Session(1, title: "")), new StoreOperation.CreateSession(Session(2)),
            Append(1, Entry(1, "") with { Data = "" }, Entry(2, "")),
            NewTurn(1, Turn(3) with { Input = "", Model = "", Error = "" }), NewTurn(1, Turn(4))));

        await ReopenAsync();
        var stored = (await Store.LoadAsync("s1"))!;
        Assert.Equal("", stored.Session.Title);
        Assert.Null((await Store.LoadAsync("s2"))!.Session.Title);
        Assert.Equal(["", null], stored.Entries.Select(e => e.Data));
        Assert.Equal(["", ""], stored.Entries.Select(e => e.Text));
        Assert.Equal([("", "", ""), (null, null, null)], stored.Turns.Select(t => (t.Input, t.Model, t.Error)));
    }

    [Fact]
    public async Task A_turn_comes_back_with_every_field()
    {
        var turn = new TurnRecord
        {
            Number = long.MaxValue,
            Key = UInt128.MaxValue,
            BodyHash = UInt128.MinValue,
            State = TurnState.Merged,
            Epoch = int.MaxValue,
            Input = "e\u0301 👩‍👩‍👧 \u200F",
            RequestedParent = 0,
            Model = "openai/x",
            UserSeq = int.MaxValue,
            ReplySeq = int.MinValue,
            InputTokens = long.MaxValue,
            OutputTokens = long.MinValue,
            CostMicros = long.MaxValue,
            Cached = true,
            Error = "model_failed",
            MergedInto = long.MaxValue - 1,
            At = DateTimeOffset.UnixEpoch.AddMilliseconds(1),
        };
        var bare = Turn(7) with { RequestedParent = null, State = TurnState.Queued };

        AllWritten(Store.Write(Create(1), NewTurn(1, turn), NewTurn(1, bare)));

        await ReopenAsync();
        Assert.Equal([bare, turn], (await Store.LoadAsync("s1"))!.Turns);
    }

    [Fact]
    public async Task What_an_owner_has_spent_is_summed_over_sessions_by_agent_and_from_a_time_on()
    {
        var other = Session(3) with { Agent = "judge" };
        AllWritten(Store.Write(
            Create(1), Create(2), new StoreOperation.CreateSession(other), new StoreOperation.CreateSession(Session(4, owner: "Ann")),
            NewTurn(1, Spent(11, 0, 1)), NewTurn(1, Spent(12, -1, 100)), NewTurn(2, Spent(13, 5, 10)), NewTurn(3, Spent(14, 0, 1000)), NewTurn(4, Spent(15, 0, 10_000))));
        await ReopenAsync();
        Assert.Equal((3 * 1011L, 7 * 1011L), await SpentAsync("ann", null, Noon));
        Assert.Equal((3 * 11L, 7 * 11L), await SpentAsync("ann", "guide", Noon));
        Assert.Equal((3 * 1111L, 7 * 1111L), await SpentAsync("ann", null, Noon.AddMilliseconds(-1)));
        Assert.Equal((3 * 10L, 7 * 10L), await SpentAsync("ann", null, Noon.AddMilliseconds(1)));
        Assert.Equal((3 * 10_000L, 7 * 10_000L), await SpentAsync("Ann", null, Noon));
        Assert.Equal((0L, 0L), await SpentAsync("bob", null, Noon));
        Assert.Equal((0L, 0L), await SpentAsync("ann", "Guide", Noon));

        // A turn that is written again counts as it is now, and one of a session that is deleted not at all.
        AllWritten(Store.Write(ChangedTurn(1, Spent(11, 0, 2)), new StoreOperation.DeleteSession(2)));
        Assert.Equal((3 * 1002L, 7 * 1002L), await SpentAsync("ann", null, Noon));

        static TurnRecord Spent(long number, int milliseconds, long share) =>
            Turn(number) with { InputTokens = share, OutputTokens = 2 * share, CostMicros = 7 * share, At = Noon.AddMilliseconds(milliseconds) };

        ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since) => Store.SpentAsync(owner, agent, since, Limits.Token);
    }

    [Fact]
    public async Task Entries_come_back_with_every_field_in_order()
    {
        Entry[] entries =
        [
            new(1, 0, 0, EntryRole.User, DateTimeOffset.UnixEpoch, new string('x', 300) + "é😀"),
            new(2, 1, long.MaxValue, EntryRole.Assistant, Noon.AddMilliseconds(999), new string('ü', 100_000)),
            new(3, 1, 5, EntryRole.ToolCall, Noon, "call", """{"a":"\u0000","b":"😀"}"""),
            new(4, int.MaxValue, 5, EntryRole.ToolResult, Noon, "𝒳", ""),
            new(5, 0, 5, EntryRole.Summary, DateTimeOffset.UnixEpoch.AddMilliseconds(-62_135_596_800_000), "a"),
            new(6, 5, 5, EntryRole.Note, Noon, "z"),
        ];

        AllWritten(Store.Write(Create(1), Append(1, entries[0]), Append(1, entries[1..])));

        await ReopenAsync();
        Assert.Equal(entries, (await Store.LoadAsync("s1"))!.Entries);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(341)]
    [InlineData(342)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    public async Task Text_of_any_length_comes_back(int length)
    {
        // Three bytes a character in UTF-8, so that every length meets the bounds of a buffer.
        var text = new string('€', length);

        AllWritten(Store.Write(Create(1), Append(1, Entry(1, text), Entry(2, "after"))));

        Assert.Equal([text, "after"], (await Store.LoadAsync("s1"))!.Entries.Select(e => e.Text));
    }

    [Fact]
    public async Task Keys_come_back_with_every_field_and_change()
    {
        var key = new KeyRecord
        {
            Id = "k1",
            HashHex = new string('a', 64),
            Owner = "ann 😀",
            Name = "",
            Scopes = ["chat", "teach", "admin"],
            RequestsPerMinute = int.MaxValue,
            Concurrency = 1,
            TokensPerDay = long.MaxValue,
            CreatedAt = Noon.AddMilliseconds(7),
            RevokedAt = Noon,
        };
        AllWritten(Store.Write(new StoreOperation.PutKey(Key("k1")), new StoreOperation.PutKey(Key("k2", "bob"))));
        AllWritten(Store.Write(new StoreOperation.PutKey(key)));

        await ReopenAsync();
        var keys = (await Store.ReadKeysAsync(Limits.Token)).OrderBy(k => k.Id, StringComparer.Ordinal);
        Assert.Equal([JsonSerializer.Serialize(key), JsonSerializer.Serialize(Key("k2", "bob"))], keys.Select(k => JsonSerializer.Serialize(k)));
    }

    [Fact]
    public async Task A_receipt_is_found_by_its_owner_and_key_alone()
    {
        var receipt = new Receipt { Owner = "ann", Key = UInt128.MaxValue, BodyHash = 0, Made = "😀", At = Noon.AddMilliseconds(3) };
        AllWritten(Store.Write(new StoreOperation.PutReceipt(receipt), new StoreOperation.PutReceipt(receipt with { Owner = "bob", Made = "b" })));

        await ReopenAsync();
        Assert.Equal(receipt, await Store.ReceiptAsync(UInt128.MaxValue));
        Assert.Equal("b", (await Store.ReceiptAsync(UInt128.MaxValue, "bob"))!.Made);
        Assert.Null(await Store.ReceiptAsync(UInt128.MaxValue - 1));
        Assert.Null(await Store.ReceiptAsync(UInt128.MaxValue, "Ann"));
    }

    [Fact]
    public async Task A_changed_session_keeps_what_never_changes()
    {
        var made = Session(1);
        var changed = made with { Title = "new", Archived = true, Head = 4, HeadAfter = 5, UpdatedAt = Noon.AddDays(1) };
        AllWritten(Store.Write(new StoreOperation.CreateSession(made)));

        AllWritten(Store.Write(new StoreOperation.UpdateSession(
            changed with { Id = "other", Owner = "bob", Agent = "x", Durability = Durability.Batched, CreatedAt = Noon.AddDays(9) })));

        Assert.Equal(changed, (await Store.LoadAsync("s1"))!.Session);
        Assert.Null(await Store.LoadAsync("other"));
    }

    [Fact]
    public async Task A_changed_turn_keeps_what_never_changes()
    {
        var made = Turn(5, key: 1, TurnState.Queued) with { Input = "hello", Model = "m", RequestedParent = 3 };
        var changed = made with
        {
            State = TurnState.Failed,
            Epoch = 2,
            Input = null,
            UserSeq = 1,
            ReplySeq = 2,
            InputTokens = 3,
            OutputTokens = 4,
            Cached = true,
            Error = "x",
            MergedInto = 6,
        };
        AllWritten(Store.Write(Create(1), NewTurn(1, made)));

        AllWritten(Store.Write(ChangedTurn(1, changed with { Key = 9, BodyHash = 9, Model = "other", RequestedParent = null, At = Noon.AddDays(1) })));

        Assert.Equal([changed], (await Store.LoadAsync("s1"))!.Turns);
        AllWritten(Store.Write(NewTurn(1, Turn(6, key: 9))));
    }

    [Fact]
    public async Task An_outline_says_what_the_whole_session_would()
    {
        AllWritten(Store.Write(Create(1), Create(2), Create(3), Create(4), Append(2, Entry(1), Entry(2)), Append(3, Entry(1), Entry(2), Entry(3), Entry(4)), Append(4, Entry(1))));
        AllWritten(Store.Write(
            NewTurn(3, Turn(31, key: null, TurnState.Completed) with { UserSeq = 1, ReplySeq = 2 }), NewTurn(3, Turn(32, key: null, TurnState.Cancelled) with { UserSeq = 3 }),
            NewTurn(3, Turn(33, key: null, TurnState.Failed) with { UserSeq = 4, ReplySeq = 4 }), NewTurn(4, Turn(41, key: null, TurnState.Queued))));

        foreach (var (id, head, unfinished) in new[] { ("s1", 0, false), ("s2", 2, false), ("s3", 3, false), ("s4", 0, true) })
        {
            var whole = (await Store.LoadAsync(id))!;
            var outline = (await Store.OutlineAsync(id, Limits.Token))!;
            Assert.Equal(SessionOutline.Of(whole.Session, whole.Entries.Count, whole.Turns), outline);
            Assert.Equal((head, unfinished, whole.Entries.Count), (outline.Head, outline.IsUnfinished, outline.Count));
        }

        Assert.Null(await Store.OutlineAsync("nothing", Limits.Token));
    }

    [Fact]
    public async Task Entries_are_read_page_by_page()
    {
        AllWritten(Store.Write(Create(1), Create(2), Append(1, [.. Enumerable.Range(1, 10).Select(n => Entry(n))]), Append(2, Entry(1))));

        Assert.Equal([1, 2, 3], (await Store.ReadEntriesAsync(1, 0, 3, Limits.Token)).Select(e => e.Seq));
        Assert.Equal([9, 10], (await Store.ReadEntriesAsync(1, 8, 5, Limits.Token)).Select(e => e.Seq));
        Assert.Empty(await Store.ReadEntriesAsync(1, 10, 5, Limits.Token));
        Assert.Empty(await Store.ReadEntriesAsync(7, 0, 5, Limits.Token));
        Assert.Equal((await Store.LoadAsync("s1"))!.Entries, await Store.ReadEntriesAsync(1, 0, 100, Limits.Token));
    }

    [Fact]
    public async Task An_unknown_id_is_nothing()
    {
        AllWritten(Store.Write(Create(1)));

        Assert.Null(await Store.LoadAsync("S1"));
        Assert.Null(await Store.LoadAsync(""));
        Assert.Null(await Store.LoadAsync("s%"));
    }

    [Fact]
    public Task An_id_is_taken_once() => IsRefusedAsync([Create(1)], Create(2, "s1"));

    [Fact]
    public Task A_number_is_taken_once() => IsRefusedAsync([Create(1)], Create(1, "other"));

    [Fact]
    public Task A_seq_is_taken_once() => IsRefusedAsync([Create(1), Append(1, Entry(1), Entry(2))], Append(1, Entry(2)));

    [Fact]
    public Task The_first_seq_is_taken_once() => IsRefusedAsync([Create(1), Append(1, Entry(1))], Append(1, Entry(1)));

    [Fact]
    public Task A_seq_leaves_no_gap() => IsRefusedAsync([Create(1), Append(1, Entry(1))], Append(1, Entry(3)));

    [Fact]
    public Task A_seq_leaves_no_gap_inside_an_operation() => IsRefusedAsync([Create(1)], Append(1, Entry(1), Entry(2), Entry(4)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public Task The_first_seq_is_1(int seq) => IsRefusedAsync([Create(1)], Append(1, Entry(seq)));

    [Fact]
    public Task A_seq_of_another_session_does_not_count() => IsRefusedAsync([Create(1), Create(2), Append(2, Entry(1))], Append(1, Entry(2)));

    [Fact]
    public Task A_turn_key_is_taken_once_in_its_session() => IsRefusedAsync([Create(1), NewTurn(1, Turn(5, key: 7))], NewTurn(1, Turn(6, key: 7)));

    [Fact]
    public Task A_turn_is_new_once() => IsRefusedAsync([Create(1), NewTurn(1, Turn(5))], NewTurn(1, Turn(5)));

    [Fact]
    public Task A_turn_that_is_not_there_cannot_change() => IsRefusedAsync([Create(1)], ChangedTurn(1, Turn(5)));

    [Fact]
    public Task A_turn_of_another_session_cannot_change() => IsRefusedAsync([Create(1), Create(2), NewTurn(2, Turn(5))], ChangedTurn(1, Turn(5)));

    [Fact]
    public Task A_turn_and_its_entries_are_one() => IsRefusedAsync([Create(1)], NewTurn(1, Turn(5, key: 7), Entry(1), Entry(3)));

    [Fact]
    public Task A_changed_turn_and_its_entries_are_one() =>
        IsRefusedAsync([Create(1), NewTurn(1, Turn(5))], ChangedTurn(1, Turn(5, state: TurnState.Completed), Entry(1), Entry(1)));

    [Fact]
    public Task A_receipt_is_written_once() =>
        IsRefusedAsync([new StoreOperation.PutReceipt(Receipt(1))], new StoreOperation.PutReceipt(Receipt(1, made: "other")));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public Task A_session_that_is_gone_takes_nothing(int operation) => IsRefusedAsync(
        [Create(1), NewTurn(1, Turn(5), Entry(1)), new StoreOperation.DeleteSession(1)],
        operation switch
        {
            0 => new StoreOperation.UpdateSession(Session(1)),
            1 => Append(1, Entry(1)),
            2 => Append(1, Entry(2)),
            3 => NewTurn(1, Turn(6)),
            4 => new StoreOperation.EraseEntries(1, [1]),
            _ => ChangedTurn(1, Turn(5)),
        });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Together_is_all_or_nothing(int failsAt)
    {
        StoreOperation[] good =
        [
            Create(2), NewTurn(1, Turn(6, key: 8), Entry(2)), new StoreOperation.PutKey(Key("k1", "bob")), new StoreOperation.PutReceipt(Receipt(2)),
        ];
        var parts = good.ToList();
        parts.Insert(failsAt, Create(9, "s1"));
        StoreOperation[] before = [Create(1), NewTurn(1, Turn(5, key: 7), Entry(1)), new StoreOperation.PutKey(Key("k1"))];

        await IsRefusedAsync(before, new StoreOperation.Together(parts));

        // What failed left nothing in the way of the same again.
        AllWritten(Store.Write(new StoreOperation.Together(good)));
    }

    [Fact]
    public Task Together_in_Together_is_all_or_nothing() => IsRefusedAsync(
        [Create(1), Append(1, Entry(1))],
        Together(Together(Append(1, Entry(2)), new StoreOperation.DeleteSession(1)), Together(Create(2), Append(2, Entry(2)))));

    [Fact]
    public Task Together_undoes_changes_and_deletions() => IsRefusedAsync(
        [Create(1), NewTurn(1, Turn(5, key: 7), Entry(1)), Create(2), Append(2, Entry(1)), new StoreOperation.PutKey(Key("k1")), new StoreOperation.PutReceipt(Receipt(1, made: "s2"))],
        Together(
            new StoreOperation.UpdateSession(Session(1, title: "changed")), ChangedTurn(1, Turn(5, 7, TurnState.Completed), Entry(2)),
            new StoreOperation.EraseEntries(1, [1, 2]), new StoreOperation.DeleteSession(2), new StoreOperation.PutKey(Key("k1", "bob")), Append(1, Entry(2))));

    [Fact]
    public async Task A_failure_harms_no_other_session_and_stops_its_own()
    {
        AllWritten(Store.Write(Create(1), Create(2)));

        var outcomes = Store.Write(
            Append(1, Entry(1, "first")),
            Append(2, Entry(1, "first")),
            Append(1, Entry(5)),
            Append(1, Entry(2, "made on what failed")),
            Append(2, Entry(2, "second")),
            new StoreOperation.UpdateSession(Session(1, title: "made on what failed")),
            new StoreOperation.DeleteSession(1),
            NewTurn(2, Turn(5)),
            new StoreOperation.PutKey(Key("k1")),
            new StoreOperation.PutReceipt(Receipt(1)));

        Assert.Equal([true, true, false, false, true, false, false, true, true, true], outcomes.Select(o => o is null));
        await ReopenAsync();
        var one = (await Store.LoadAsync("s1"))!;
        var two = (await Store.LoadAsync("s2"))!;
        Assert.Equal(["first"], one.Entries.Select(e => e.Text));
        Assert.Null(one.Session.Title);
        Assert.Equal(["first", "second"], two.Entries.Select(e => e.Text));
        Assert.Single(two.Turns);

        // The next batch begins anew.
        AllWritten(Store.Write(Append(1, Entry(2))));
    }

    [Fact]
    public void Failures_of_no_session_stop_nothing()
    {
        AllWritten(Store.Write(new StoreOperation.PutReceipt(Receipt(1))));

        var outcomes = Store.Write(
            new StoreOperation.PutReceipt(Receipt(1)), new StoreOperation.PutReceipt(Receipt(2)), new StoreOperation.PutKey(Key("k")), Create(1));

        Assert.Equal([false, true, true, true], outcomes.Select(o => o is null));
    }

    [Fact]
    public async Task A_batch_may_be_empty_and_so_may_Together()
    {
        AllWritten(Store.Write());
        AllWritten(Store.Write(Together()));

        Assert.Empty(await Store.ListAsync(new SessionQuery()));
    }

    [Fact]
    public async Task An_operation_that_cannot_be_stored_at_all_is_refused_and_the_next_batch_is_written()
    {
        // A caller's mistake must stay its own.
        var outcomes = Store.Write(Create(1), new StoreOperation.PutKey(null!), Create(2));

        Assert.Equal([true, false, true], outcomes.Select(o => o is null));
        AllWritten(Store.Write(Append(1, Entry(1)), new StoreOperation.PutKey(Key("k"))));
        Assert.Equal(2, (await Store.ListAsync(new SessionQuery())).Count);
    }

    [Fact]
    public async Task Deletion_leaves_nothing()
    {
        AllWritten(Store.Write(
            Create(1), NewTurn(1, Turn(5, key: 7), Entry(1), Entry(2)), new StoreOperation.PutReceipt(Receipt(1, made: "s1")),
            Create(2), NewTurn(2, Turn(6, key: 7), Entry(1)), new StoreOperation.PutReceipt(Receipt(2, made: "s2")),
            new StoreOperation.PutReceipt(Receipt(3, "bob", "s1"))));

        AllWritten(Store.Write(new StoreOperation.DeleteSession(1)));

        await ReopenAsync();
        Assert.Null(await Store.LoadAsync("s1"));
        Assert.Equal(["s2"], await Store.ListAsync(new SessionQuery()));
        Assert.Empty(await Store.ListAsync(new SessionQuery { Owner = "bob" }));
        Assert.Null(await Store.ReceiptAsync(1));
        Assert.NotNull(await Store.ReceiptAsync(2));
        Assert.NotNull(await Store.ReceiptAsync(3, "bob"));
        var other = (await Store.LoadAsync("s2"))!;
        Assert.Single(other.Entries);
        Assert.Single(other.Turns);

        // The id is free, and nothing of its former bearer is found under it.
        AllWritten(Store.Write(Create(9, "s1"), new StoreOperation.PutReceipt(Receipt(1, made: "s1"))));
        var anew = (await Store.LoadAsync("s1"))!;
        Assert.Empty(anew.Entries);
        Assert.Empty(anew.Turns);
        AllWritten(Store.Write(NewTurn(9, Turn(10, key: 7), Entry(1))));
    }

    [Fact]
    public void Deleting_what_is_gone_is_no_error()
    {
        AllWritten(Store.Write(Create(1)));
        AllWritten(Store.Write(new StoreOperation.DeleteSession(1), new StoreOperation.DeleteSession(1)));
        AllWritten(Store.Write(new StoreOperation.DeleteSession(99)));
    }

    [Fact]
    public async Task What_is_erased_leaves_its_place_and_nothing_else()
    {
        Entry[] entries =
        [
            Entry(1), new(2, 1, 5, EntryRole.ToolCall, Noon.AddMilliseconds(7), "words", """{"a":"b"}"""), Entry(3, new string('x', 20_000)), Entry(4),
        ];
        AllWritten(Store.Write(Create(1), NewTurn(1, Turn(5, key: 7), entries), Create(2), Append(2, Entry(1), Entry(2))));
        var turns = (await Store.LoadAsync("s1"))!.Turns;
        Entry[] expected = [entries[0], new(2, 1, 5, EntryRole.Erased, Noon.AddMilliseconds(7), ""), new(3, 2, 0, EntryRole.Erased, Noon, ""), entries[3]];

        // Twice, as once; and what comes after counts on.
        AllWritten(Store.Write(new StoreOperation.EraseEntries(1, [2, 3]), new StoreOperation.EraseEntries(1, [3]), new StoreOperation.EraseEntries(1, []), Append(1, Entry(5))));

        await ReopenAsync();
        var stored = (await Store.LoadAsync("s1"))!;
        Assert.Equal([.. expected, Entry(5)], stored.Entries);
        Assert.Equal(turns, stored.Turns);
        Assert.Equal(stored.Entries, await Store.ReadEntriesAsync(1, 0, 100, Limits.Token));
        Assert.Equal(5, (await Store.OutlineAsync("s1", Limits.Token))!.Count);
        Assert.Equal(["words", "words"], (await Store.LoadAsync("s2"))!.Entries.Select(e => e.Text));
        Assert.Empty(await Store.ListAsync(new SessionQuery { Text = "xxx" }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    public Task An_entry_that_is_not_there_is_not_erased_and_nothing_with_it(int seq) => IsRefusedAsync(
        [Create(1), Append(1, Entry(1), Entry(2)), Create(2), Append(2, Entry(1), Entry(2), Entry(3))],
        Together(new StoreOperation.EraseEntries(1, [2]), new StoreOperation.EraseEntries(1, [1, seq]), new StoreOperation.UpdateSession(Session(1, title: "changed"))));

    [Fact]
    public async Task Numbers_never_repeat()
    {
        var seen = new HashSet<long>();
        for (var round = 0; round < 3; round++)
        {
            var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 1000).Select(_ => Store.NextNumber()).ToList())));
            Assert.All(taken.SelectMany(n => n), n => Assert.True(n > 0 && seen.Add(n), $"{n} came twice"));
            var number = Store.NextNumber();
            Assert.True(seen.Add(number));
            AllWritten(Store.Write(Create(number)));
            AllWritten(Store.Write(new StoreOperation.DeleteSession(number)));
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Sessions_are_listed_by_last_use_then_by_number()
    {
        AllWritten(Store.Write(
            new StoreOperation.CreateSession(Session(1, minute: 1)), new StoreOperation.CreateSession(Session(2, minute: 3)),
            new StoreOperation.CreateSession(Session(3, minute: 2)), new StoreOperation.CreateSession(Session(4, minute: 2)),
            new StoreOperation.CreateSession(Session(10, minute: 2))));

        Assert.Equal(["s2", "s10", "s4", "s3", "s1"], await Store.ListAsync(new SessionQuery()));

        AllWritten(Store.Write(new StoreOperation.UpdateSession(Session(1, minute: 9))));
        Assert.Equal(["s1", "s2"], await Store.ListAsync(new SessionQuery { Limit = 2 }));
    }

    [Fact]
    public async Task Pages_join_without_gap_or_repetition()
    {
        // Many of the same moment, so that only the number tells them apart.
        var sessions = Enumerable.Range(1, 23).Select(n => Session(n, minute: n / 5)).ToList();
        AllWritten(Store.Write([.. sessions.Select(s => new StoreOperation.CreateSession(s))]));

        var pages = new List<string>();
        for (string? before = null; ;)
        {
            var page = await Store.ListAsync(new SessionQuery { Limit = 4, Before = before });
            pages.AddRange(page);
            if (page.Count < 4)
            {
                break;
            }

            before = page[^1];
        }

        Assert.Equal(Enumerable.Range(1, 23).Reverse().Select(n => $"s{n}"), pages);
        Assert.Empty(await Store.ListAsync(new SessionQuery { Before = "s1" }));
    }

    [Fact]
    public async Task A_page_before_a_session_that_is_gone_is_empty()
    {
        AllWritten(Store.Write(Create(1), Create(2)));

        Assert.Empty(await Store.ListAsync(new SessionQuery { Before = "gone" }));
    }

    [Fact]
    public async Task Lists_are_of_one_owner_or_of_all_and_archived_on_request()
    {
        AllWritten(Store.Write(
            new StoreOperation.CreateSession(Session(1)), new StoreOperation.CreateSession(Session(2, owner: "bob")),
            new StoreOperation.CreateSession(Session(3, archived: true)), new StoreOperation.CreateSession(Session(4, owner: "Ann"))));

        Assert.Equal(["s4", "s2", "s1"], await Store.ListAsync(new SessionQuery()));
        Assert.Equal(["s1"], await Store.ListAsync(new SessionQuery { Owner = "ann" }));
        Assert.Equal(["s3", "s1"], await Store.ListAsync(new SessionQuery { Owner = "ann", Archived = true }));
        Assert.Empty(await Store.ListAsync(new SessionQuery { Owner = "%" }));
        Assert.Empty(await Store.ListAsync(new SessionQuery { Owner = "" }));
    }

    [Theory]
    [InlineData("100%", "s1")]
    [InlineData("%", "s1")]
    [InlineData("_", "s2")]
    [InlineData("a_b", "s2")]
    [InlineData(@"\", "s3")]
    [InlineData(@"c:\x", "s3")]
    [InlineData(@"\%", "")]
    [InlineData("axb", "")]
    [InlineData("'", "s4")]
    [InlineData("ÜBER", "s5")]
    [InlineData("über", "s5")]
    [InlineData("Über", "s5")]
    [InlineData("überder", "")]
    [InlineData("ÜbEr", "s5")]
    [InlineData("ÜBER der", "s5")]
    [InlineData("ÜBER DER", "s5")]
    [InlineData("😀", "s5")]
    [InlineData("TITLE", "s6 s5 s4 s3 s2 s1")]
    [InlineData("", "s6 s5 s4 s3 s2 s1")]
    [InlineData("in an entry", "s6")]
    [InlineData("data only", "")]
    public async Task Search_finds_the_words_as_they_are(string text, string expected)
    {
        string[] titles = ["100%", "a_b", @"c:\x", "it's", "ÜBER der 😀", ""];
        AllWritten(Store.Write([.. titles.Select((t, i) => new StoreOperation.CreateSession(Session(i + 1, title: $"{t} title")))]));
        AllWritten(Store.Write(Append(6, Entry(1, "nothing here"), Entry(2, "found In An Entry") with { Data = "data only" })));

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), await Store.ListAsync(new SessionQuery { Text = text }));
    }

    [Fact]
    public async Task Search_keeps_to_owner_page_and_archive()
    {
        AllWritten(Store.Write(
            new StoreOperation.CreateSession(Session(1, title: "word")), new StoreOperation.CreateSession(Session(2, owner: "bob", title: "word")),
            new StoreOperation.CreateSession(Session(3, title: "word", archived: true)), new StoreOperation.CreateSession(Session(4)),
            Append(4, Entry(1, "a Word"))));

        Assert.Equal(["s4", "s1"], await Store.ListAsync(new SessionQuery { Owner = "ann", Text = "word" }));
        Assert.Equal(["s1"], await Store.ListAsync(new SessionQuery { Owner = "ann", Text = "word", Before = "s4" }));
        Assert.Equal(["s4"], await Store.ListAsync(new SessionQuery { Owner = "ann", Text = "word", Limit = 1 }));
    }

    [Fact]
    public async Task Where_words_stand_first_is_told_for_each_session()
    {
        AllWritten(Store.Write(
            new StoreOperation.CreateSession(Session(1, title: "a word")), Create(2), Create(3), Create(4),
            Append(1, Entry(1, "nothing")),
            Append(2, Entry(1, "none"), Entry(2, "my WORD") with { Role = EntryRole.ToolResult }, Entry(3, "first\n\nword  here") with { Role = EntryRole.Assistant }, Entry(4, "a word")),
            Append(3, Entry(1, "none"), Entry(2, "only a word of a tool") with { Role = EntryRole.ToolResult }, Entry(3, "word again") with { Role = EntryRole.Note }),
            Append(4, Entry(1, "another's word"))));

        Assert.Equal([(2, 3, "first word here"), (3, 2, "only a word of a tool")], await FoundAsync("word", 1, 2, 3, 77));
        Assert.Equal([(2, 3, "first word here")], await FoundAsync("First", 2, 1));
        Assert.Empty(await FoundAsync("w%d", 1, 2, 3, 4));
        Assert.Empty(await FoundAsync("word"));

        async Task<IEnumerable<(long Session, int Seq, string Excerpt)>> FoundAsync(string text, params long[] sessions) =>
            (await Store.FindEntriesAsync(sessions, new SearchPhrase(text), Limits.Token)).Select(f => (f.Session, f.Seq, f.Excerpt));
    }

    private protected abstract Task<IStore> OpenAsync();

    /// <summary>Closes the store and opens it again, where that means something.</summary>
    private protected virtual async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync();
    }

    private protected static void AllWritten(Exception?[] outcomes) => Assert.All(outcomes, Assert.Null);

    /// <summary>The operation fails, nothing of it stays, now or after reopening, and its neighbours in the batch are written.</summary>
    private async Task IsRefusedAsync(StoreOperation[] before, StoreOperation operation)
    {
        (string Owner, UInt128 Key)[] receipts = [("ann", 1), ("ann", 2)];
        AllWritten(Store.Write(before));
        var state = await Store.DescribeAsync(receipts);

        Assert.NotNull(Assert.Single(Store.Write(operation)));
        Assert.Equal(state, await Store.DescribeAsync(receipts));

        var outcomes = Store.Write(Create(70), operation, Append(70, Entry(1)));
        Assert.Equal([true, false, true], outcomes.Select(o => o is null));
        await ReopenAsync();
        Assert.Single((await Store.LoadAsync("s70"))!.Entries);
        AllWritten(Store.Write(new StoreOperation.DeleteSession(70)));
        Assert.Equal(state, await Store.DescribeAsync(receipts));
    }
}
