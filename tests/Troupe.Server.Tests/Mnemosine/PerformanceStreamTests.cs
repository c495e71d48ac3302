using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Tests;
using Troupe.Tools;

namespace Troupe.Server.Tests.Mnemosine;

public sealed class PerformanceStreamTests : IDisposable
{
    private const string Stream = "/api/v1/performance/stream";

    private readonly ScriptedChatClient _model = new();

    [Fact]
    public async Task A_viewer_sees_the_server_at_once_and_then_every_second_and_all_see_one_measurement()
    {
        var time = new SecondTimers();
        await using var server = await StartAsync(time);
        var others = time.Count;
        var opened = time.GetUtcNow();
        using (var first = await OpenAsync(server.Admin))
        {
            var tick = (await first.NextAsync())!;
            Assert.Equal("performance", tick.Name);
            Assert.Equal(opened, At(tick));
            Assert.Equal(["at", "budgets", "checks", "metrics", "running", "running_total", "status"], tick.Data.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
            Assert.Equal("ok", tick.Data.GetProperty("checks").EnumerateArray().Single(c => c.Text("name") == "store").Text("status"));
            Assert.Equal(0, tick.Data.GetProperty("metrics").GetProperty("turns").Number("completed"));

            // Who comes in between is given what was measured last; nothing is measured for it.
            time.Advance(TimeSpan.FromMilliseconds(500));
            using var second = await OpenAsync(server.Admin);
            Assert.Equal(tick.Data.GetRawText(), (await second.NextAsync())!.Data.GetRawText());
            Assert.Equal(others + 1, time.Count);
            _model.Reply = _ => "Yes.";
            await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
            time.Advance(TimeSpan.FromMilliseconds(500));
            var (one, other) = ((await first.NextAsync())!, (await second.NextAsync())!);
            Assert.Equal(opened.AddSeconds(1), At(one));
            Assert.Equal(one.Data.GetRawText(), other.Data.GetRawText());
            Assert.Equal(1, one.Data.GetProperty("metrics").GetProperty("turns").Number("completed"));
        }

        // Nobody looks: nothing is measured.
        await Limits.UntilAsync(() => time.Count == others);
        time.Advance(TimeSpan.FromSeconds(5));
        using var later = await OpenAsync(server.Admin);
        Assert.Equal(opened.AddSeconds(6), At((await later.NextAsync())!));
    }

    [Fact]
    public async Task A_viewer_that_is_slow_misses_measurements_and_is_given_the_newest()
    {
        var time = new SecondTimers();
        await using var server = await StartAsync(time);
        using var slow = await OpenAsync(server.Admin);
        var last = At((await slow.NextAsync())!);
        var end = time.GetUtcNow().AddSeconds(60);
        time.Advance(TimeSpan.FromSeconds(60));
        for (var seen = 0; last < end; seen++)
        {
            Assert.InRange(seen, 0, 59);
            var at = At((await slow.NextAsync())!);
            Assert.True(at > last);
            last = at;
        }

        Assert.Equal(end, last);
    }

    [Fact]
    public async Task The_stream_ends_with_its_key_and_with_the_server()
    {
        await using var server = await StartAsync();
        var key = await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "olga", scopes = new[] { "admin" } });
        using var olga = server.ClientFor(key.Text("token"));
        using var hers = await OpenAsync(olga);
        using var ours = await OpenAsync(server.Admin);
        Assert.NotNull(await hers.NextAsync());
        Assert.NotNull(await ours.NextAsync());
        using (var revoked = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/keys/{key.Text("id")}"))
        {
            await revoked.JsonAsync();
        }

        await ReadToEndAsync(hers);
        Assert.NotNull(await ours.NextAsync());
        var stopped = server.Host.StopAsync();
        await ReadToEndAsync(ours);
        await stopped.Soon();
    }

    [Fact]
    public async Task Only_so_many_look_on_and_who_leaves_makes_room()
    {
        await using var server = await StartAsync();
        List<EventReader> viewers = [];
        for (var n = 0; n < 64; n++)
        {
            viewers.Add(await OpenAsync(server.Admin));
            Assert.NotNull(await viewers[^1].NextAsync());
        }

        using (var refused = await server.Admin.SendAsync(HttpMethod.Get, Stream, accept: "text/event-stream"))
        {
            await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable, "viewers_full");
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        viewers[7].Dispose();
        var status = HttpStatusCode.ServiceUnavailable;
        while (status != HttpStatusCode.OK)
        {
            // The server learns in its own time that somebody has gone.
            using var again = await server.Admin.SendAsync(HttpMethod.Get, Stream, accept: "text/event-stream");
            status = again.StatusCode;
        }

        viewers.ForEach(v => v.Dispose());
    }

    [Fact]
    public async Task Turns_under_way_are_told_oldest_first_without_a_word_of_them()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        await using var end = new TurnsEnd(server);
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        var start = time.GetUtcNow();
        var (first, one) = await SayAsync(server, "admin", "assistant", "My secret.");
        await _model.NextAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        var (second, two) = await SayAsync(server, "ada", "sender", "Another secret.");
        var asking = (await _model.NextAsync()).Updates.Writer;
        asking.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("c1", "send", new Dictionary<string, object?> { ["text"] = "Secret, too." })]) { FinishReason = ChatFinishReason.ToolCalls });
        asking.Complete();
        time.Advance(TimeSpan.FromSeconds(1));
        var (_, three) = await server.Runtime.Sessions.SubmitAsync(first, "admin", new TurnInput { Message = "A third secret." }, Limits.Token);
        var (_, four) = await server.Runtime.Sessions.SubmitAsync(first, "admin", new TurnInput { Message = "A fourth secret." }, Limits.Token);

        var list = await RunningAsync(server);
        Assert.DoesNotContain("ecret", list.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(4, list.Number("running_total"));
        Assert.Equal(
            [
                (first, "admin", "assistant", $"{one.Number}", "running", 3000, 2),
                (first, "admin", "assistant", $"{three.Number}", "queued", 0, 1),
                (first, "admin", "assistant", $"{four.Number}", "queued", 0, 0),
            ],
            Lines(list).Where(l => l.Session == first));
        Assert.Equal(start, list.GetProperty("running")[0].GetProperty("since").GetDateTimeOffset());

        // The question is on disk before it is asked.
        await Limits.UntilAsync(() => two.Record.State == TurnState.Waiting);
        Assert.Equal((second, "ada", "sender", $"{two.Number}", "waiting", 1000, 0), Assert.Single(Lines(await RunningAsync(server)), l => l.Session == second));

        using var stream = await OpenAsync(server.Admin);
        var tick = (await stream.NextAsync())!.Data;
        Assert.Equal((await RunningAsync(server)).GetProperty("running").GetRawText(), tick.GetProperty("running").GetRawText());

        // What is seen there can be cancelled, and is there no longer.
        foreach (var (session, turn) in new[] { (first, four), (first, three), (second, two), (first, one) })
        {
            using var cancelled = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns/{turn.Number}/cancel");
            Assert.Equal("cancelled", (await cancelled.JsonAsync()).Text("status"));
        }

        Assert.Equal(0, (await RunningAsync(server)).Number("running_total"));
    }

    [Fact]
    public async Task A_hundred_of_many_turns_are_told_and_all_are_counted()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        await using var end = new TurnsEnd(server);
        List<string> sessions = [];
        for (var n = 0; n < 103; n++)
        {
            sessions.Add((await SayAsync(server, "admin", "assistant", "Hello")).Session);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var list = await RunningAsync(server);
        Assert.Equal(103, list.Number("running_total"));
        Assert.Equal(sessions.Take(100), Lines(list).Select(l => l.Session));
    }

    [Fact]
    public async Task Limits_of_spending_stand_beside_what_is_spent()
    {
        _model.Reply = _ => "Yes.";
        await using var server = await StartAsync(
            budget: new Budget { TurnTokens = 100_000, SessionMoney = 2.5m, OwnerDayTokens = 200_000 },
            setUp: r => r.Agents.Add(new AgentDefinition { Name = "frugal", Budget = new Budget { OwnerDayMoney = 3 } }));
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada", tokens_per_day = 500 });
        Assert.Equal(
            ["turn - - - 100000 - -", "session - - - - - 2.5", "owner_day - - - 200000 - -", "owner_day - frugal - - - 3", "key_day ada - 0 500 - -"],
            await BudgetsAsync(server));

        var usage = (await ada.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", agent = "frugal" })).GetProperty("usage");
        var spent = usage.Number("input_tokens") + usage.Number("output_tokens");
        Assert.True(spent > 0);
        var lines = await BudgetsAsync(server, lines => lines.Contains($"key_day ada - {spent} 500 - -"));
        Assert.Contains($"owner_day ada - {spent} 200000 0 -", lines);
        Assert.Contains($"owner_day ada frugal {spent} - 0 3", lines);

        // However many spend, a hundred lines are told, and the nearest to its limit first among them.
        for (var n = 0; n < 110; n++)
        {
            using var other = await server.ClientWithKeyAsync(new { owner = $"owner-{n}", tokens_per_day = 1000 });
        }

        lines = await BudgetsAsync(server, lines => lines.Count >= 100);
        Assert.Equal(100, lines.Count);
        Assert.Equal(["turn", "session", "owner_day", "owner_day", "key_day"], lines.Take(5).Select(l => l.Split(' ')[0]));
        Assert.Equal($"key_day ada - {spent} 500 - -", lines[4]);
    }

    public void Dispose() => _model.Dispose();

    /// <summary>What is measured at most a second ago may be told; so it is read until it is as expected.</summary>
    private static async Task<List<string>> BudgetsAsync(TestServer server, Func<List<string>, bool>? isGood = null)
    {
        using var stream = await OpenAsync(server.Admin);
        while (true)
        {
            var tick = (await stream.NextAsync())!;
            List<string> lines =
            [
                .. tick.Data.GetProperty("budgets").EnumerateArray().Select(l => string.Join(' ', new[] { "scope", "owner", "agent", "tokens", "token_limit", "money", "money_limit" }
                    .Select(m => l.TryGetProperty(m, out var value) ? value.ToString() : "-"))),
            ];
            if (isGood?.Invoke(lines) != false)
            {
                return lines;
            }
        }
    }

    private static async Task ReadToEndAsync(EventReader events)
    {
        while (await events.NextAsync() is not null)
        {
            // What was measured until then.
        }
    }

    private static Task<EventReader> OpenAsync(HttpClient client) => EventReader.OpenAsync(client, HttpMethod.Get, Stream);

    private static Task<JsonElement> RunningAsync(TestServer server) => server.Admin.GetJsonAsync("/api/v1/performance/running");

    private static DateTimeOffset At(ServerEvent tick) => tick.Data.GetProperty("at").GetDateTimeOffset();

    private static List<(string Session, string Owner, string Agent, string Turn, string State, int Milliseconds, int Waiting)> Lines(JsonElement list) =>
    [
        .. list.GetProperty("running").EnumerateArray().Select(t =>
            (t.Text("session_id"), t.Text("owner"), t.Text("agent"), t.Text("turn_id"), t.Text("state"), t.Number("milliseconds"), t.Number("waiting"))),
    ];

    private static async Task<(string Session, Turn Turn)> SayAsync(TestServer server, string owner, string agent, string text)
    {
        var (session, turn) = await server.Runtime.Sessions.CreateAsync(owner, agent, Durability.Durable, new TurnInput { Message = text }, cancellationToken: Limits.Token);
        return (session.Record.Id, turn);
    }

    private Task<TestServer> StartAsync(TimeProvider? time = null, Budget? budget = null, Action<AgentRuntime>? setUp = null) => TestServer.StartAsync(
        r =>
        {
            r.Models.Add("scripted", _model);
            r.Tools.Add(new ToolDefinition(AIFunctionFactory.Create((string text) => text.Length, "send")) { NeedsApproval = true });
            r.Agents.Add(new AgentDefinition { Name = "sender", Tools = ["send"] });
            setUp?.Invoke(r);
        },
        options: new AgentRuntimeOptions { Time = time ?? TimeProvider.System, Budget = budget });

    /// <summary>Ends all turns, also when an assertion failed: a server whose clock stands still waits for them.</summary>
    private sealed class TurnsEnd(TestServer server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var turn in server.Runtime.Sessions.TurnsUnderWay(1000).Oldest)
            {
                await server.Runtime.Sessions.UseAsync(turn.SessionId, null, s => new ValueTask<Turn>(s.Cancel(turn.Number)), Limits.Token);
            }

            await Limits.UntilAsync(() => server.Runtime.Sessions.TurnsUnderWay(1).Total == 0);

            // What they said is on its way to the disk; until it is there, the sessions are not idle.
            await server.Runtime.Journal.FlushAsync(Limits.Token);
        }
    }

    /// <summary>A manual clock that counts the timers which fire every second.</summary>
    private sealed class SecondTimers : ManualTime
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (period != TimeSpan.FromSeconds(1))
            {
                return timer;
            }

            Interlocked.Increment(ref _count);
            return new Counted(timer, this);
        }

        private sealed class Counted(ITimer inner, SecondTimers timers) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(dueTime, period);

            public void Dispose()
            {
                inner.Dispose();
                Interlocked.Decrement(ref timers._count);
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
