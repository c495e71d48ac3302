using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

/// <summary>The real program gets a SIGKILL around the call of an unsafe tool, at each place where it can be. The effect is counted outside of it:
/// it happens at most once, and once more for each yes of a person.</summary>
public sealed class ToolKillTests
{
    private static readonly int Rounds = Setting("TROUPE_TOOL_KILL_ROUNDS", 8);

    [Fact]
    public async Task Before_the_intent_is_on_disk_nothing_is_sent_and_the_key_runs_the_turn_anew()
    {
        await using var stage = await ToolStage.OpenAsync();
        string session;
        await using (var server = await stage.StartAsync())
        {
            using var client = server.Client();
            session = await SessionAsync(client);
            var other = await SessionAsync(client);
            stage.Hold("push a");
            stage.Hold("look b");
            using var events = await SayAsync(client, session, "push a");
            using var others = await SayAsync(client, other, "look b");
            await stage.ReachedAsync("push a");
            await stage.ReachedAsync("look b");
            using (await stage.BlockWritesAsync())
            {
                stage.Release("push a");
                await UntilAsync(events, "turn.tool");

                // A pure tool need not be on disk: it overtakes the one that waits for the disk.
                stage.Release("look b");
                await stage.NotedAsync("look b");
                await server.KillAsync();
            }
        }

        await stage.GoneAsync();
        Assert.Equal(0, stage.Effects("a"));
        await using var next = await stage.StartAsync();
        using var again = next.Client();
        Assert.DoesNotContain(await again.EntriesAsync(session), e => e.Text("role") == "tool_call");
        await CompletesAsync(again, session, "push a", "It said: pushed a");
        await EndsWellAsync(stage, again, session, "a", 1, "ok");
    }

    [Theory]
    [InlineData("sent", 0)]
    [InlineData("begun", 0)]
    [InlineData("done", 1)]
    [InlineData("answered", 1)]
    public async Task Between_the_intent_and_the_result_a_person_decides(string before, int effects)
    {
        await using var stage = await ToolStage.OpenAsync();
        string refused;
        string repeated;
        await using (var server = await stage.StartAsync())
        {
            using var client = server.Client();
            refused = await SessionAsync(client);
            repeated = await SessionAsync(client);
            stage.Hold("push a");
            stage.Hold("push b");
            using var first = await SayAsync(client, refused, "push a");
            using var second = await SayAsync(client, repeated, "push b");
            await stage.ReachedAsync("push a");
            await stage.ReachedAsync("push b");
            using var block = await StopAsync(stage, server, before);
            await server.KillAsync();
        }

        await stage.GoneAsync();
        Assert.Equal((effects, effects), (stage.Effects("a"), stage.Effects("b")));
        stage.Open("start");
        stage.Open("effect");
        stage.Open("answer");
        await using var next = await stage.StartAsync();
        using var again = next.Client();

        await AskedAsync(again, refused, "push a", false);
        await EndsWellAsync(stage, again, refused, "a", effects, "declined");
        await AskedAsync(again, repeated, "push b", true);
        await EndsWellAsync(stage, again, repeated, "b", effects + 1, "ok");
    }

    [Fact]
    public async Task After_the_result_is_on_disk_the_turn_goes_on_behind_it()
    {
        await using var stage = await ToolStage.OpenAsync();
        string session;
        stage.Hold("pushed a");
        await using (var server = await stage.StartAsync())
        {
            using var client = server.Client();
            session = await SessionAsync(client);
            using var events = await SayAsync(client, session, "push a");
            await stage.ReachedAsync("pushed a");
            await OnDiskAsync(client, session, "tool_result");
            await server.KillAsync();
        }

        stage.Release("pushed a");
        await using var next = await stage.StartAsync();
        using var again = next.Client();
        await CompletesAsync(again, session, "push a", "It said: pushed a");
        await EndsWellAsync(stage, again, session, "a", 1, "ok");
    }

    [Fact]
    public async Task A_yes_is_for_one_run_also_when_the_server_is_killed_in_that_run()
    {
        await using var stage = await ToolStage.OpenAsync();
        stage.Close("answer");
        string session;
        await using (var server = await stage.StartAsync())
        {
            using var client = server.Client();
            session = await SessionAsync(client);
            using var events = await SayAsync(client, session, "push a");
            await stage.NotedAsync("effect a");
            await server.KillAsync();
        }

        await using (var server = await stage.StartAsync())
        {
            using var client = server.Client();
            using var events = await SayAsync(client, session, "push a");
            var answered = ApproveAsync(client, session, await UntilAsync(events, "turn.waiting"), true);
            await stage.NotedAsync("effect a", 2);
            await server.KillAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => answered);
        }

        stage.Open("answer");
        await using var next = await stage.StartAsync();
        using var again = next.Client();
        await AskedAsync(again, session, "push a", false);
        await EndsWellAsync(stage, again, session, "a", 2, "declined");
    }

    [Fact]
    public async Task At_any_moment_an_effect_happens_at_most_once_and_once_more_for_each_yes()
    {
        var seed = Setting("TROUPE_TEST_SEED", Environment.TickCount & 0xfffff);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var stage = await ToolStage.OpenAsync();
        var everything = new List<Push>();
        for (var round = 0; round <= Rounds; round++)
        {
            try
            {
                await using var server = await stage.StartAsync();
                using var client = server.Client();
                var length = await WarmUpAsync(client, round);
                if (round < Rounds)
                {
                    for (var i = 0; i < 4; i++)
                    {
                        everything.Add(new Push(await SessionAsync(client), $"{round}.{i}", random.Next()));
                    }
                }

                var open = everything.Where(p => !p.IsDone).Select(p => p.DriveAsync(client)).ToList();
                if (round < Rounds)
                {
                    await AimAsync(stage, random.Next(5), $"{round}.{random.Next(4)}");
                    await Task.Delay(length / 2 * random.NextDouble(), Limits.Token);
                    await server.KillAsync();
                }

                await Task.WhenAll(open).Soon();
                if (round == Rounds)
                {
                    await VerifyAsync(stage, client, everything);
                }
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}: {failure.Message}", failure);
            }
        }
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : usual;

    private static async Task<string> SessionAsync(HttpClient client) => (await client.PostJsonAsync("/api/v1/sessions", new { agent = "guide" })).Text("id");

    private static Task<EventReader> SayAsync(HttpClient client, string session, string message) =>
        EventReader.OpenAsync(client, HttpMethod.Post, $"/api/v1/sessions/{session}/turns", new { message }, message);

    private static async Task<JsonElement> UntilAsync(EventReader events, string name)
    {
        while (true)
        {
            var happened = await events.NextAsync() ?? throw new InvalidOperationException($"The stream ended before {name}.");
            if (happened.Name == name)
            {
                return happened.Data;
            }

            Assert.DoesNotContain(happened.Name, new[] { "turn.waiting", "turn.failed", "turn.abandoned", "turn.cancelled", "turn.completed" });
        }
    }

    private static async Task OnDiskAsync(HttpClient client, string session, string role)
    {
        while (!(await client.EntriesAsync(session)).Exists(e => e.Text("role") == role))
        {
            await Task.Yield();
        }
    }

    /// <summary>Lets the model ask for "push a" and "push b", and brings both calls to the place before something happens.</summary>
    /// <returns>What holds them there beside the gates, if anything.</returns>
    private static async Task<IDisposable?> StopAsync(ToolStage stage, ServerProcess server, string before)
    {
        if (before == "sent")
        {
            // The tools' server has ended, and the next one does not come up: the calls are on disk and with nobody.
            stage.Close("start");
            stage.KillTools();
            await server.SaidAsync("The MCP server lab has ended");
        }

        stage.Close(before == "begun" ? "effect" : "answer");
        stage.Release("push a");
        stage.Release("push b");
        if (before == "sent")
        {
            await stage.NotedAsync("started", 2);
            return null;
        }

        var noted = before == "begun" ? "received" : "effect";
        await stage.NotedAsync($"{noted} a");
        await stage.NotedAsync($"{noted} b");
        if (before != "answered")
        {
            return null;
        }

        // The results come, and the model is asked with them, but they are not on disk.
        var block = await stage.BlockWritesAsync();
        stage.Open("answer");
        await stage.ReachedAsync("pushed a");
        await stage.ReachedAsync("pushed b");
        return block;
    }

    private static async Task<JsonElement> ApproveAsync(HttpClient client, string session, JsonElement question, bool yes)
    {
        var asked = Assert.Single(question.GetProperty("approvals").EnumerateArray());
        Assert.Equal(("lab__push", "outcome_unknown"), (asked.Text("name"), asked.Text("reason")));
        return await client.PostJsonAsync($"/api/v1/sessions/{session}/turns/{question.Text("turn_id")}/approvals", new { call_id = asked.Text("call_id"), approve = yes });
    }

    /// <summary>The key finds the turn, which asks and ends when it is answered.</summary>
    private static async Task AskedAsync(HttpClient client, string session, string message, bool yes)
    {
        using var events = await SayAsync(client, session, message);
        await ApproveAsync(client, session, await UntilAsync(events, "turn.waiting"), yes);
        var reply = (await UntilAsync(events, "turn.completed")).Text("reply");
        Assert.Contains(yes ? "It said: pushed" : "It said: A person declined to run this call again", reply, StringComparison.Ordinal);
    }

    private static async Task CompletesAsync(HttpClient client, string session, string message, string reply)
    {
        using var events = await SayAsync(client, session, message);
        Assert.Equal(reply, (await UntilAsync(events, "turn.completed")).Text("reply"));
    }

    /// <summary>The effect is as often there as it may be, the log is a user's line, a call, its result and the reply, and the key tells that for ever.</summary>
    private static async Task EndsWellAsync(ToolStage stage, HttpClient client, string session, string what, int effects, string status)
    {
        var answer = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = $"push {what}" }, $"push {what}");
        Assert.Equal("completed", answer.Text("status"));
        Assert.Equal(effects, stage.Effects(what));
        var entries = await client.EntriesAsync(session);
        Assert.Equal(["user", "tool_call", "tool_result", "assistant"], entries.Select(e => e.Text("role")));
        Assert.Equal(status, entries[2].GetProperty("tool").Text("status"));
        Assert.Empty(stage.InvalidRequests);
    }

    /// <summary>The first calls of a process take long; the length of a later one is what a kill is aimed at.</summary>
    private static async Task<TimeSpan> WarmUpAsync(HttpClient client, int round)
    {
        var session = await SessionAsync(client);
        await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = $"push first {round}" });
        var started = Stopwatch.GetTimestamp();
        await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = $"push second {round}" });
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Waits for a moment of a push, around which the kill is to be.</summary>
    private static Task AimAsync(ToolStage stage, int moment, string what) => moment switch
    {
        0 => stage.ReachedAsync($"push {what}"),
        1 => stage.NotedAsync($"received {what}"),
        2 => stage.NotedAsync($"effect {what}"),
        3 => stage.ReachedAsync($"pushed {what}"),
        _ => Task.CompletedTask,
    };

    private static async Task VerifyAsync(ToolStage stage, HttpClient client, List<Push> pushes)
    {
        foreach (var push in pushes)
        {
            var effects = stage.Effects(push.What);
            Assert.True(push.IsDone, push.What);
            Assert.True(effects <= 1 + push.Yeses, $"{push.What}: {effects} effects, {push.Yeses} times yes");
            Assert.True(effects >= 1 || push.Noes > 0, $"{push.What}: no effect, and nobody said no");
            var entries = await client.EntriesAsync(push.Session);
            Assert.Equal(["user", "tool_call", "tool_result", "assistant"], entries.Select(e => e.Text("role")));
        }

        Assert.Empty(stage.InvalidRequests);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{pushes.Count} calls, {pushes.Count(p => p.Yeses + p.Noes > 0)} with a question, {pushes.Sum(p => p.Yeses)} times yes, {pushes.Sum(p => stage.Effects(p.What))} effects");
    }

    /// <summary>A push that is asked for until it is done, and a person who answers the questions about it as it comes.</summary>
    private sealed class Push(string session, string what, int seed)
    {
        private readonly Random _person = new(seed);

        public string Session => session;

        public string What => what;

        public bool IsDone { get; private set; }

        /// <summary>How often a yes was sent, whether or not it arrived.</summary>
        public int Yeses { get; private set; }

        public int Noes { get; private set; }

        public async Task DriveAsync(HttpClient client)
        {
            try
            {
                var answer = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = $"push {what}" }, what);
                while (answer.Text("status") == "waiting")
                {
                    var yes = _person.Next(2) == 0;
                    (Yeses, Noes) = yes ? (Yeses + 1, Noes) : (Yeses, Noes + 1);
                    answer = await ApproveAsync(client, session, answer, yes);
                }

                Assert.Equal("completed", answer.Text("status"));
                IsDone = true;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
            {
                // The server was killed; the next one is asked again.
            }
        }
    }
}
