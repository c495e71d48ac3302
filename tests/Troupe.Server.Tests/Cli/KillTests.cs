using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

/// <summary>The promise behind the product, against the real program: what was acknowledged is there after a SIGKILL, once.</summary>
[SuppressMessage("Security", "CA5394", Justification = "A seed must give the same run again; nothing is kept secret by it.")]
public sealed class KillTests
{
    private const int SharedSessions = 2;

    private static readonly int Rounds = Setting("TROUPE_KILL_ROUNDS", 20);
    private static readonly int Writers = Setting("TROUPE_KILL_WRITERS", 16);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_done_twice_when_the_server_is_killed()
    {
        var seed = Setting("TROUPE_KILL_SEED", Environment.TickCount & 0xfffff);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var folder = new TempFolder();
        var everything = new List<Message>();
        var sessions = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var killAfter = random.Next(1, 12 * Writers);
            var delay = random.Next(3) * random.Next(8);
            try
            {
                await using (var server = await StartAsync(folder.Path, delay))
                {
                    using var client = server.Client();
                    await VerifyAsync(client, everything.Where(m => m.Round == round - 1).ToList());
                    while (sessions.Count < SharedSessions + Writers)
                    {
                        sessions.Add(await client.NewSessionAsync());
                    }

                    everything.AddRange(await WriteUntilKilledAsync(server, client, sessions, round, killAfter, random.Next()));
                }
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}, round {round}: {failure.Message}", failure);
            }
        }

        await using (var server = await StartAsync(folder.Path, 0))
        {
            using var client = server.Client();
            await VerifyAsync(client, everything.Where(m => m.Round == Rounds - 1).ToList());
            await VerifyAsync(client, everything);
            await VerifySessionsAsync(client, everything, sessions);
        }

        Assert.Contains(everything, m => m.Answer is not null);
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : usual;

    private static Task<ServerProcess> StartAsync(string folder, int delay) => ServerProcess.StartAsync(
        folder, ("TROUPE_MODEL", "fixed"), ("TROUPE_FIXED_REPLY", "As ever."), ("TROUPE_FIXED_DELAY_MS", delay.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Writers say one thing after the other; the one who gets a certain acknowledgement kills the server under all others.</summary>
    private static async Task<List<Message>> WriteUntilKilledAsync(
        ServerProcess server, HttpClient client, List<string> sessions, int round, int killAfter, int seed)
    {
        var said = new ConcurrentQueue<Message>();
        var acknowledged = 0;
        var killed = Task.CompletedTask;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(seed + writer);
            for (var number = 0; ; number++)
            {
                // A third goes to sessions that all write to, a third to one's own, a third begins a session.
                var place = random.Next(3) switch
                {
                    0 => sessions[random.Next(SharedSessions)],
                    1 => sessions[SharedSessions + writer],
                    _ => null,
                };
                var message = new Message(round, $"round {round} writer {writer} number {number}", place);
                said.Enqueue(message);
                try
                {
                    message.Answer = await message.SendAsync(client);
                }
                catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
                {
                    return;
                }

                if (Interlocked.Increment(ref acknowledged) == killAfter)
                {
                    killed = server.KillAsync();
                }
            }
        }))).Soon();
        await killed;
        return [.. said];
    }

    /// <summary>Every key answers as before; one that got no answer gets it now.</summary>
    private static async Task VerifyAsync(HttpClient client, List<Message> messages)
    {
        foreach (var chunk in messages.Chunk(16))
        {
            await Task.WhenAll(chunk.Select(async message =>
            {
                var answer = await message.SendAsync(client);
                var before = message.Answer ?? answer;
                Assert.Equal("completed", answer.Text("status"));
                Assert.Equal("As ever.", answer.Text("reply"));
                Assert.Equal(before.Text("session_id"), answer.Text("session_id"));
                Assert.Equal(before.Text("turn_id"), answer.Text("turn_id"));
                Assert.Equal(before.Number("seq"), answer.Number("seq"));
                message.Answer = answer;
            }));
        }

        foreach (var group in messages.GroupBy(m => m.Answer!.Value.Text("session_id"), StringComparer.Ordinal))
        {
            var entries = await client.EntriesAsync(group.Key);
            Assert.Equal(Enumerable.Range(1, entries.Count), entries.Select(e => e.Number("seq")));
            Assert.All(entries, e => Assert.InRange(e.Number("parent"), 0, e.Number("seq") - 1));
            var ofTurn = entries.ToLookup(e => e.Text("turn_id"), StringComparer.Ordinal);
            Assert.All(group, message =>
            {
                var answer = message.Answer!.Value;

                // A session that has grown long gets summaries, which stand beside what was said.
                Assert.Collection(
                    ofTurn[answer.Text("turn_id")].Where(e => e.Text("role") != "summary"),
                    user =>
                    {
                        Assert.Equal("user", user.Text("role"));
                        Assert.Equal(message.Text, user.Text("text"));
                    },
                    reply =>
                    {
                        Assert.Equal("assistant", reply.Text("role"));
                        Assert.Equal(answer.Number("seq"), reply.Number("seq"));
                        Assert.Equal("As ever.", reply.Text("text"));
                    });
                Assert.Single(entries, e => e.Text("text") == message.Text);
            });
        }
    }

    /// <summary>There is no session and no entry that nobody asked for.</summary>
    private static async Task VerifySessionsAsync(HttpClient client, List<Message> messages, List<string> sessions)
    {
        var listed = new List<string>();
        for (string? before = ""; before is not null;)
        {
            var page = await client.GetJsonAsync($"/api/v1/sessions?limit=200&before={before}");
            listed.AddRange(page.GetProperty("sessions").EnumerateArray().Select(s => s.Text("id")));
            before = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        var begun = messages.Where(m => m.Session is null).Select(m => m.Answer!.Value.Text("session_id")).ToList();
        Assert.Equal(begun.Concat(sessions).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (var shared in sessions)
        {
            var entries = await client.EntriesAsync(shared);
            Assert.Equal(messages.Count(m => m.Session == shared) * 2, entries.Count(e => e.Text("role") != "summary"));
        }
    }

    /// <summary>Something said to a session, or with which one begins, under a key of its own.</summary>
    private sealed record Message(int Round, string Text, string? Session)
    {
        public JsonElement? Answer { get; set; }

        public async Task<JsonElement> SendAsync(HttpClient client) => await client.PostJsonAsync(
            Session is null ? "/api/v1/agent/prompt" : $"/api/v1/sessions/{Session}/turns", new { message = Text }, Text);
    }
}
