using System.Net;
using System.Text;
using Troupe.Server.Http;
using Troupe.Tests;

namespace Troupe.Server.Tests.Sessions;

public sealed class EventStreamTests
{
    private static readonly string[] Pieces = ["Once ", "upon\n", "a tïme ", "lived a 🐉 ", "dragon, ", "alone."];
    private static readonly string Whole = string.Concat(Pieces);

    public static TheoryData<int, bool> Cuts()
    {
        var cuts = new TheoryData<int, bool>();
        for (var cut = 0; cut <= Pieces.Length + 1; cut++)
        {
            cuts.Add(cut, true);
            cuts.Add(cut, false);
        }

        return cuts;
    }

    /// <param name="cut">How many events are read before the connection is cut.</param>
    /// <param name="byPosting">Whether the reader comes back with the same request, or by following the session.</param>
    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_reader_that_is_cut_off_goes_on_where_it_was(int cut, bool byPosting)
    {
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        var text = new Reading();
        using (var reader = await PostAsync(server, session, "Tell.", "k"))
        {
            var call = await model.NextAsync();
            for (var seen = 0; seen < cut; seen++)
            {
                if (seen > 0)
                {
                    call.Say(Pieces[seen - 1]);
                }

                text.Take(await reader.NextAsync());
            }

            reader.Dispose();
            foreach (var piece in Pieces.Skip(Math.Max(0, cut - 1)))
            {
                call.Say(piece);
            }

            call.Finish();
        }

        using (var reader = byPosting
            ? await PostAsync(server, session, "Tell.", "k", text.LastId)
            : await FollowAsync(server, session, text.LastId ?? "1.0.0"))
        {
            // Who follows without having seen a turn sees the next one; this one is known by its answer.
            if (cut > 0 || byPosting)
            {
                while (!text.IsEnded)
                {
                    text.Take(await reader.NextAsync());
                }

                Assert.Equal(Whole, text.Text);
                Assert.Equal("turn.completed", text.End);
            }
        }

        using var answer = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns", """{"message":"Tell."}""", "k");
        Assert.Equal(Whole, (await answer.JsonAsync()).Text("reply"));
        Assert.Equal(1, model.Count);
        Assert.Equal(["Tell.", Whole], (await server.Admin.EntriesAsync(session)).Select(e => e.Text("text")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task After_a_restart_the_reader_gets_the_text_anew_and_then_the_rest(int seen)
    {
        using var folder = new TempFolder();
        var text = new Reading();
        string session;
        using (var model = new ScriptedChatClient())
        {
            await using var server = await StartAsync(model, folder.Path);
            session = await server.Admin.NewSessionAsync();
            using var reader = await PostAsync(server, session, "Tell.", "k");
            text.Take(await reader.NextAsync());
            var call = await model.NextAsync();
            foreach (var piece in Pieces.Take(seen))
            {
                call.Say(piece);
                text.Take(await reader.NextAsync());
            }
        }

        Assert.Equal(string.Concat(Pieces.Take(seen)), text.Text);
        using (var model = new ScriptedChatClient())
        {
            await using var server = await StartAsync(model, folder.Path);
            using (var reader = await FollowAsync(server, session, text.LastId!))
            {
                var missed = await reader.NextAsync();
                Assert.Equal("turn.snapshot", missed!.Name);
                Assert.Equal(text.Text, missed.Data.Text("text"));
                Assert.Equal("turn.abandoned", (await reader.NextAsync())!.Name);
            }

            using (var reader = await PostAsync(server, session, "Tell.", "k", text.LastId))
            {
                var call = await model.NextAsync();
                call.Say("Another ");
                text.Take(await reader.NextAsync());
                call.Finish("story.");
                while (!text.IsEnded)
                {
                    text.Take(await reader.NextAsync());
                }
            }

            Assert.Equal("Another story.", text.Text);
            Assert.Equal("turn.completed", text.End);
            Assert.True(text.Snapshots > 0);
            var entries = await server.Admin.EntriesAsync(session);
            Assert.Single(entries, e => e.Text("role") == "user");
            Assert.Single(entries, e => e.Text("text") == "Another story.");
        }
    }

    [Fact]
    public async Task A_reader_of_the_session_sees_turn_after_turn()
    {
        using var model = new ScriptedChatClient { Reply = messages => $"to {messages[^1].Text}" };
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        using var reader = await FollowAsync(server, session, null);
        foreach (var message in new[] { "one", "two", "three" })
        {
            await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message });
            var text = new Reading();
            while (!text.IsEnded)
            {
                text.Take(await reader.NextAsync());
            }

            Assert.Equal($"to {message}", text.Text);
        }
    }

    [Theory]
    [InlineData("1.0.2147483647")]
    [InlineData("99999999999999.0.0")]
    [InlineData("1.2.3.4")]
    [InlineData("-1.0.0")]
    [InlineData("nonsense")]
    public async Task A_last_event_id_that_is_none_of_ours_still_leads_to_the_right_text(string id)
    {
        using var model = new ScriptedChatClient { Reply = _ => Whole };
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Tell." }, "k");

        using var reader = await PostAsync(server, session, "Tell.", "k", id);
        var text = new Reading();
        while (!text.IsEnded)
        {
            text.Take(await reader.NextAsync());
        }

        Assert.Equal(Whole, text.Text);
    }

    [Fact]
    public async Task A_position_inside_of_a_character_does_not_break_the_stream()
    {
        using var model = new ScriptedChatClient { Reply = _ => "🐉🐉" };
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        var turn = await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Tell." }, "k");

        using var reader = await PostAsync(server, session, "Tell.", "k", $"{turn.Text("turn_id")}.0.1");
        var last = await reader.NextAsync();
        while (await reader.NextAsync() is { } next)
        {
            last = next;
        }

        Assert.Equal("turn.completed", last!.Name);
        Assert.Equal("🐉🐉", last.Data.Text("reply"));
    }

    [Fact]
    public async Task A_silent_stream_has_a_heartbeat()
    {
        var time = new ManualTime();
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model, options: new() { Time = time });
        var session = await server.Admin.NewSessionAsync();
        using var reader = await PostAsync(server, session, "Tell.", "k");
        Assert.Equal("turn.started", (await reader.NextAsync())!.Name);
        var call = await model.NextAsync();
        for (var beats = 0; beats < 3; beats++)
        {
            var beat = reader.NextAsync();
            while (!beat.IsCompleted)
            {
                // The wait may not have begun yet; time then passes once more.
                time.Advance(EventStream.Heartbeat);
                await Task.WhenAny(beat, Task.Run(static () => { }));
            }

            Assert.Equal(EventReader.Heartbeat, (await beat)!.Name);
        }

        call.Finish("Done.");
        ServerEvent? next;
        do
        {
            next = await reader.NextAsync();
        }
        while (next!.Name == EventReader.Heartbeat);
        Assert.Equal("Done.", next.Data.Text("text"));
        Assert.Equal("turn.completed", (await reader.NextAsync())!.Name);
        Assert.Null(await reader.NextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_goes_away_does_not_cancel_its_turn(bool stream)
    {
        var logs = new LogLines();
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model, logs: logs);
        var session = await server.Admin.NewSessionAsync();
        using var gone = new CancellationTokenSource();
        var request = server.Admin.SendAsync(
            HttpMethod.Post, $"/api/v1/sessions/{session}/turns", """{"message":"Tell."}""", "k", stream ? "text/event-stream" : null, cancellationToken: gone.Token);
        var call = await model.NextAsync();
        call.Say("Still ");
        if (stream)
        {
            (await request).Dispose();
        }
        else
        {
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        }

        // Another request on the same key is there while the first one's connection is torn down.
        var again = server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Tell." }, "k");
        call.Finish("here.");
        Assert.Equal("Still here.", (await again).Text("reply"));
        Assert.False(call.Cancelled.IsCancellationRequested);
        Assert.Equal(1, model.Count);
        Assert.Empty(logs.Errors);
    }

    [Fact]
    public async Task Readers_that_leave_at_any_moment_are_no_errors()
    {
        var logs = new LogLines();
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model, logs: logs);
        for (var round = 0; round < 60; round++)
        {
            var session = await server.Admin.NewSessionAsync();
            var readers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(server, session, $"Tell {round}.", "k")));
            var call = await model.NextAsync();
            var saying = Task.Run(() =>
            {
                foreach (var piece in Pieces)
                {
                    call.Say(piece);
                }
            });
            Parallel.ForEach(readers, reader => reader.Dispose());
            await saying;
            call.Finish();
            await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = $"Tell {round}." }, "k");
        }

        Assert.Empty(logs.Errors);
    }

    [Fact]
    public async Task A_cancelled_turn_keeps_what_was_said_and_its_readers_are_told()
    {
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        using var reader = await PostAsync(server, session, "Tell.", "k");
        var turn = (await reader.NextAsync())!.Data.Text("turn_id");
        var call = await model.NextAsync();
        call.Say("Once ");
        Assert.Equal("Once ", (await reader.NextAsync())!.Data.Text("text"));

        for (var time = 0; time < 2; time++)
        {
            var cancelled = await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns/{turn}/cancel", null);
            Assert.Equal("cancelled", cancelled.Text("status"));
            Assert.Equal("Once ", cancelled.Text("reply"));
        }

        Assert.True(call.Cancelled.IsCancellationRequested);
        Assert.Equal("turn.cancelled", (await reader.NextAsync())!.Name);
        Assert.Null(await reader.NextAsync());
        Assert.Equal(["Tell.", "Once "], (await server.Admin.EntriesAsync(session)).Select(e => e.Text("text")));
        var again = await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Tell." }, "k");
        Assert.Equal("cancelled", again.Text("status"));
        Assert.Equal(1, model.Count);
    }

    [Fact]
    public async Task A_turn_that_waits_can_be_cancelled_and_is_never_begun()
    {
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        using var first = await PostAsync(server, session, "one", "1");
        Assert.Equal("turn.started", (await first.NextAsync())!.Name);
        var waiting = server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "two" }, "2");
        var number = await WaitingTurnAsync(server, session);
        var cancelled = await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns/{number}/cancel", null);
        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Equal("cancelled", (await waiting).Text("status"));
        (await model.NextAsync()).Finish("done");
        Assert.Equal("done", (await first.NextAsync())!.Data.Text("text"));
        Assert.Equal(1, model.Count);
    }

    [Fact]
    public async Task A_model_that_fails_ends_the_turn_as_failed_and_its_key_runs_it_anew()
    {
        var logs = new LogLines();
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model, logs: logs);
        var session = await server.Admin.NewSessionAsync();
        using (var reader = await PostAsync(server, session, "Tell.", "k"))
        {
            Assert.Equal("turn.started", (await reader.NextAsync())!.Name);
            var call = await model.NextAsync();
            call.Say("Once ");
            Assert.Equal("turn.delta", (await reader.NextAsync())!.Name);
            call.Fail(new InvalidOperationException("sk-secret-of-the-provider"));
            var failed = await reader.NextAsync();
            Assert.Equal("turn.failed", failed!.Name);
            Assert.Equal("model_unavailable", failed.Data.GetProperty("error").Text("code"));
            Assert.DoesNotContain("sk-secret", failed.Data.GetRawText(), StringComparison.Ordinal);
            Assert.Null(await reader.NextAsync());
        }

        var again = server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Tell." }, "k");
        (await model.NextAsync()).Finish("Better.");
        Assert.Equal("Better.", (await again).Text("reply"));
        Assert.Equal("completed", (await again).Text("status"));
        Assert.Single(await server.Admin.EntriesAsync(session), e => e.Text("role") == "user");
    }

    [Fact]
    public async Task A_stream_of_a_session_ends_when_the_session_is_deleted()
    {
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using var server = await StartAsync(model);
        var session = await server.Admin.NewSessionAsync();
        using var reader = await FollowAsync(server, session, null);
        await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Here?" });
        while ((await reader.NextAsync())!.Name != "turn.completed")
        {
            // What comes before is not the matter here.
        }

        using var deleted = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        var last = await reader.NextAsync();
        Assert.Equal("session_not_found", last!.Data.GetProperty("error").Text("code"));
        Assert.Null(await reader.NextAsync());
    }

    [Fact]
    public async Task A_stream_of_a_session_ends_in_good_order_when_the_server_stops()
    {
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        var logs = new LogLines();
        var server = await StartAsync(model, logs: logs);
        var session = await server.Admin.NewSessionAsync();
        using var reader = await FollowAsync(server, session, null);
        await server.Host.StopAsync();
        Assert.Null(await reader.NextAsync());
        await server.DisposeAsync();
        Assert.Empty(logs.Errors);
    }

    private static Task<TestServer> StartAsync(
        ScriptedChatClient model, string? folder = null, Troupe.Agents.AgentRuntimeOptions? options = null, LogLines? logs = null) =>
        TestServer.StartAsync(r => r.Models.Add("scripted", model), new ServerSettings { DrainSeconds = 0 }, folder, options, logs);

    private static Task<EventReader> PostAsync(TestServer server, string session, string message, string key, string? lastEventId = null) =>
        EventReader.OpenAsync(server.Admin, HttpMethod.Post, $"/api/v1/sessions/{session}/turns", new { message }, key, lastEventId);

    private static Task<EventReader> FollowAsync(TestServer server, string session, string? lastEventId) =>
        EventReader.OpenAsync(server.Admin, HttpMethod.Get, $"/api/v1/sessions/{session}/events", lastEventId: lastEventId);

    /// <summary>The number of the turn after the running one, which is the next that is given out.</summary>
    private static async Task<long> WaitingTurnAsync(TestServer server, string session)
    {
        while (true)
        {
            var running = (await server.Admin.EntriesAsync(session)).Single().Text("turn_id");
            var next = long.Parse(running, System.Globalization.CultureInfo.InvariantCulture) + 1;
            using var found = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns/{next}/approvals", """{"call_id":"x","approve":true}""");
            if (found.StatusCode == HttpStatusCode.Conflict)
            {
                return next;
            }

            Limits.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What a reader has who follows the rules: deltas go on exactly where the text ends, a snapshot replaces it.</summary>
    private sealed class Reading
    {
        private readonly StringBuilder _text = new();

        public string Text => _text.ToString();

        public string? LastId { get; private set; }

        public int Snapshots { get; private set; }

        public string? End { get; private set; }

        public bool IsEnded => End is not null;

        public void Take(ServerEvent? happened)
        {
            Assert.NotNull(happened);
            LastId = happened.Id ?? LastId;
            switch (happened.Name)
            {
                case "turn.started":
                    _text.Clear();
                    break;
                case "turn.delta":
                    Assert.Equal(_text.Length, happened.Data.Number("offset"));
                    _text.Append(happened.Data.Text("text"));
                    break;
                case "turn.snapshot":
                    Snapshots++;
                    _text.Clear().Append(happened.Data.Text("text"));
                    break;
                default:
                    End = happened.Name;
                    Assert.Equal(Text, happened.Data.Text("reply"));
                    break;
            }
        }
    }
}
