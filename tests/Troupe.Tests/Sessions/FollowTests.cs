using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class FollowTests
{
    private const string Reply = "The quick brown 🦊 jumps.";

    [Fact]
    public async Task A_reader_may_go_on_from_every_position_of_a_running_and_of_an_ended_turn()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "go");
        var call = await stage.Model.NextAsync();
        var readers = new List<(TurnReader Reader, Task Reading)>();
        for (var offset = 0; offset <= Reply.Length; offset++)
        {
            // A reader that has the text up to here, while the model says the next piece; no position is within a pair.
            if (IsPosition(offset))
            {
                readers.Add(From(session, turn, offset));
            }

            if (offset < Reply.Length && !char.IsHighSurrogate(Reply[offset]))
            {
                call.Say(char.IsLowSurrogate(Reply[offset]) ? Reply.Substring(offset - 1, 2) : Reply[offset].ToString());
                await new TurnReader().ReadAsync(session.FollowAsync(turn, null, Limits.Token), e => e.Position.Offset == offset + 1);
            }
        }

        call.Finish();
        await session.WaitAsync(turn, Limits.Token);
        await stage.ReopenAsync();
        session = await stage.ReadAsync(id, s => s);
        readers.AddRange(Enumerable.Range(0, Reply.Length + 1).Where(IsPosition).Select(offset => From(session, session.FindTurn(turn.Number), offset)));

        await Task.WhenAll(readers.Select(r => r.Reading)).Soon();
        Assert.All(readers, r => Assert.Equal((Reply, TurnState.Completed), (r.Reader.Texts[turn.Number], Assert.Single(r.Reader.Ends).State)));
        Assert.All(readers, r => Assert.DoesNotContain(r.Reader.Events.Skip(1), e => e is TurnEvent.Snapshot));

        static bool IsPosition(int offset) => offset == Reply.Length || !char.IsLowSurrogate(Reply[offset]);

        static (TurnReader, Task) From(Session session, Turn turn, int offset)
        {
            var reader = new TurnReader();
            var position = new TurnPosition(turn.Number, turn.Record.Epoch, offset);
            reader.Take(new TurnEvent.Snapshot(position, Reply[..offset]));
            return (reader, reader.ReadAsync(session.FollowAsync(turn, position, Limits.Token)));
        }
    }

    [Fact]
    public async Task A_position_of_an_earlier_run_gets_a_snapshot_that_replaces_it()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "go", "key");
        (await stage.Model.NextAsync()).Say("first try");
        var reader = new TurnReader();
        await reader.ReadAsync(session.FollowAsync(turn, null, Limits.Token), e => e is TurnEvent.Delta);

        await stage.CrashAsync();
        (session, turn) = await stage.SayAsync(id, "go", "key");
        var call = await stage.Model.NextAsync();
        call.Say("second");
        await new TurnReader().ReadAsync(session.FollowAsync(turn, null, Limits.Token), e => e is TurnEvent.Delta);
        var reading = reader.ReadAsync(session.FollowAsync(turn, reader.Position, Limits.Token));
        call.Finish(" try, longer");
        await reading.Soon();

        Assert.Equal("second try, longer", reader.Texts[turn.Number]);
        Assert.Equal(3, Assert.Single(reader.Ends).Epoch);
        Assert.IsType<TurnEvent.Snapshot>(reader.Events[2]);
    }

    [Fact]
    public async Task A_reader_who_comes_while_the_reply_is_on_its_way_to_the_disk_is_told_the_end()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (_, turn) = await stage.SayAsync(id, "go");
        var call = await stage.Model.NextAsync();
        await stage.Runtime.Journal.FlushAsync().Soon();
        stage.Store.Hold();
        call.Finish("done");
        await turn.Live!.RunStopped.Task.Soon();

        var reader = new TurnReader();
        var reading = reader.ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, null, Limits.Token), e => e is TurnEvent.Ended);
        stage.Store.Release();
        await reading.Soon();

        Assert.Equal("done", reader.Texts[turn.Number]);
    }

    [Fact]
    public async Task An_abandoned_turn_tells_a_reader_from_before_the_crash_that_nothing_remains()
    {
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "go");
        (await stage.Model.NextAsync()).Say("half");
        var reader = new TurnReader();
        await reader.ReadAsync(session.FollowAsync(turn, null, Limits.Token), e => e is TurnEvent.Delta);

        await stage.CrashAsync();
        var after = await stage.ReadAsync(id, s => s);
        await reader.ReadAsync(after.FollowAsync(after.FindTurn(turn.Number), reader.Position, Limits.Token));

        Assert.Equal(("", TurnState.Abandoned), (reader.Texts[turn.Number], Assert.Single(reader.Ends).State));
    }

    [Fact]
    public async Task The_positions_of_a_failed_run_stay_its_own_when_the_turn_runs_anew_meanwhile()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        stage.Store.Hold();
        var (session, turn) = await stage.SayAsync(id, "go", "key");
        var call = await stage.Model.NextAsync();
        call.Say("first");
        await using var events = session.FollowAsync(turn, null, Limits.Token).GetAsyncEnumerator();
        var started = events.MoveNextAsync();
        stage.Store.Release();
        Assert.True(await started.AsTask().Soon());
        call.Fail(new IOException());
        await session.WaitAsync(turn, Limits.Token);
        await stage.SayAsync(id, "go", "key");

        TurnEvent? last = null;
        while (await events.MoveNextAsync().AsTask().Soon())
        {
            last = events.Current;
            Assert.Equal(1, last.Position.Epoch);
        }

        Assert.Equal(TurnState.Failed, Assert.IsType<TurnEvent.Ended>(last).Result.State);
    }

    [Fact]
    public async Task Slow_and_many_readers_get_the_same_text()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "go");
        var call = await stage.Model.NextAsync();
        var slow = session.FollowAsync(turn, null, Limits.Token).GetAsyncEnumerator();
        var slowReader = new TurnReader();
        Assert.True(await slow.MoveNextAsync().AsTask().Soon());
        slowReader.Take(slow.Current);
        var readers = Enumerable.Range(0, 8).Select(_ => new TurnReader()).ToList();
        var reading = Task.WhenAll(readers.Select(r => Task.Run(() => r.ReadAsync(session.FollowAsync(turn, null, Limits.Token)))));

        for (var i = 0; i < 500; i++)
        {
            call.Say($"{i} ");
        }

        call.Finish();
        var result = await session.WaitAsync(turn, Limits.Token);
        await reading.Soon();
        while (await slow.MoveNextAsync().AsTask().Soon())
        {
            slowReader.Take(slow.Current);
        }

        await slow.DisposeAsync();
        Assert.Equal(string.Concat(Enumerable.Range(0, 500).Select(i => $"{i} ")), result.Reply);
        Assert.All([.. readers, slowReader], r => Assert.Equal(result.Reply, r.Texts[turn.Number]));

        // What came meanwhile is one piece for the one who was away.
        Assert.Equal(3, slowReader.Events.Count);
    }

    [Theory]
    [InlineData("aH", "Lb", "aHLb")]
    [InlineData("aH", "b", "a\ufffdb")]
    [InlineData("a", "Lb", "a\ufffdb")]
    [InlineData("a\0b", "c", "a\ufffdbc")]
    [InlineData("a", "bH", "ab\ufffd")]
    [InlineData("H", "HL", "\ufffdHL")]
    public async Task What_is_no_text_is_replaced_and_pairs_over_pieces_are_joined(string first, string second, string expected)
    {
        // Attributes cannot hold halves of pairs; H and L stand for the high and the low one.
        (first, second, expected) = (Pairs(first), Pairs(second), Pairs(expected));
        await using var stage = new Stage(sqlite: true);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "go");
        var reader = new TurnReader();
        var reading = reader.ReadAsync(session.FollowAsync(turn, null, Limits.Token));
        var call = await stage.Model.NextAsync();
        call.Say(first);
        call.Say(second);
        call.Finish();
        await reading.Soon();

        Assert.Equal(expected, reader.Texts[turn.Number]);
        Assert.Equal(expected, (await stage.StoredAsync(id))!.Entries[1].Text);
        Assert.All(reader.Events.OfType<TurnEvent.Delta>(), d => Assert.Equal(d.Text, TextRules.Mend(d.Text)));

        static string Pairs(string text) => text.Replace('H', '\ud83e').Replace('L', '\udd8a');
    }

    [Fact]
    public async Task A_session_is_followed_over_turns_and_unloads_without_gap_or_repeat()
    {
        await using var stage = new Stage(sqlite: true);
        stage.Model.Reply = messages => $"re {messages[^1].Text}";
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "before");
        var reader = new TurnReader();
        var seen = new SemaphoreSlim(0);
        using var leave = new CancellationTokenSource();
        var reading = reader.ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, null, leave.Token), e =>
        {
            if (e is TurnEvent.Ended)
            {
                seen.Release();
            }

            return reader.Ends.Count == 8;
        });
        var results = new List<TurnResult>();
        for (var i = 0; i < 8; i++)
        {
            results.Add(await stage.AskAsync(id, $"word {i}"));
            await seen.WaitAsync(Limits.Token);
            if (i % 2 == 1 && i < 7)
            {
                var session = await stage.ReadAsync(id, s => s);
                if (session.TryClose())
                {
                    stage.Sessions.Remove(session);
                }
            }
        }

        await reading.Soon();
        Assert.Equal(results, reader.Ends);
        Assert.Equal(results.Select(r => r.Reply), reader.Texts.Values);
        Assert.Equal(8, reader.Events.Count(e => e is TurnEvent.Started));

        var resumed = new TurnReader();
        var known = results[4];
        resumed.Take(new TurnEvent.Snapshot(new TurnPosition(known.TurnNumber, known.Epoch, known.Reply.Length), known.Reply));
        await resumed.ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, resumed.Position, Limits.Token), _ => resumed.Ends.Count == 4);
        Assert.Equal(results[4..], resumed.Ends);
    }

    [Fact]
    public async Task A_reader_without_a_position_begins_with_the_running_turn()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        await stage.SayAsync(id, "running");
        var call = await stage.Model.NextAsync();
        call.Say("so far");
        var reader = new TurnReader();
        await reader.ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, null, Limits.Token), e => e is TurnEvent.Delta);

        Assert.Equal("so far", Assert.Single(reader.Texts.Values));
        Assert.IsType<TurnEvent.Started>(reader.Events[0]);
        call.Finish();
    }

    [Fact]
    public async Task A_turn_that_runs_anew_is_told_anew()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        await stage.SayAsync(id, "go", "key");
        var call = await stage.Model.NextAsync();
        var reader = new TurnReader();
        var ended = new SemaphoreSlim(0);
        var reading = reader.ReadAsync(stage.Sessions.FollowAsync(id, Stage.Owner, null, Limits.Token), e =>
        {
            if (e is TurnEvent.Ended)
            {
                ended.Release();
            }

            return reader.Ends.Count == 2;
        });
        call.Say("broken");
        call.Fail(new IOException());
        await ended.WaitAsync(Limits.Token);
        var again = stage.AskAsync(id, "go", "key");
        (await stage.Model.NextAsync()).Finish("whole");
        await again;
        await reading.Soon();

        Assert.Equal("whole", Assert.Single(reader.Texts.Values));
        Assert.Equal([(1, TurnState.Failed), (2, TurnState.Completed)], reader.Ends.Select(e => (e.Epoch, e.State)));
    }

    [Theory]
    [InlineData("1.2.3", true)]
    [InlineData("1.2", false)]
    [InlineData("1.2.3.4", false)]
    [InlineData("-1.2.3", false)]
    [InlineData("1.2. 3", false)]
    [InlineData("1.2.99999999999", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_event_id_is_three_numbers(string? text, bool good)
    {
        Assert.Equal(good, TurnPosition.TryParse(text, out var position));
        if (good)
        {
            Assert.Equal(text, position.ToString());
        }
    }
}
