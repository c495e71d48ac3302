using System.Net;
using System.Text;
using Troupe.Tests;

namespace Troupe.Server.Tests.Keys;

public sealed class KeyTests
{
    [Fact]
    public async Task A_rate_is_told_kept_and_given_anew_each_minute()
    {
        var time = new ManualTime();
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model), options: new() { Time = time });
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada", requests_per_minute = 3 });
        time.Advance(TimeSpan.FromSeconds(20));
        for (var minute = 0; minute < 2; minute++)
        {
            for (var left = 2; left >= 0; left--)
            {
                using var good = await ada.GetAsync("/api/v1/sessions", Limits.Token);
                Assert.Equal(HttpStatusCode.OK, good.StatusCode);
                Assert.Equal("3", Header(good, "RateLimit-Limit"));
                Assert.Equal($"{left}", Header(good, "RateLimit-Remaining"));
                Assert.Equal(minute == 0 ? "40" : "60", Header(good, "RateLimit-Reset"));
            }

            using var refused = await ada.GetAsync("/api/v1/sessions", Limits.Token);
            await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "rate_limited");
            Assert.Equal("0", Header(refused, "RateLimit-Remaining"));
            Assert.Equal(minute == 0 ? "40" : "60", Header(refused, "Retry-After"));
            time.Advance(TimeSpan.FromSeconds(minute == 0 ? 40 : 60));
        }

        using var again = await ada.GetAsync("/api/v1/sessions", Limits.Token);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Requests_at_once_are_bounded_and_every_end_makes_room()
    {
        using var model = new ScriptedChatClient();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada", concurrency = 1 });
        for (var round = 0; round < 3; round++)
        {
            var running = ada.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", cache = false });
            var call = await model.NextAsync();
            using var refused = await ada.GetAsync("/api/v1/sessions", Limits.Token);
            await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "too_many_at_once");
            Assert.NotEmpty(Header(refused, "Retry-After"));
            call.Finish("Yes.");
            await running;

            // The place is free when the request has ended on the server, which is just after the client has its answer.
            HttpStatusCode status;
            do
            {
                using var next = await ada.GetAsync("/api/v1/sessions", Limits.Token);
                status = next.StatusCode;
                Limits.Token.ThrowIfCancellationRequested();
            }
            while (status == HttpStatusCode.TooManyRequests);
            Assert.Equal(HttpStatusCode.OK, status);
        }
    }

    [Fact]
    public async Task Tokens_of_a_day_are_counted_and_the_next_day_begins_anew()
    {
        var time = new ManualTime();
        using var model = new ScriptedChatClient { Reply = _ => "A reply of some tokens." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model), options: new() { Time = time });
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada", tokens_per_day = 1 });
        await ada.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });

        // What a turn took is counted when it has ended, which is just before or after its client is told.
        HttpResponseMessage response;
        do
        {
            response = await ada.GetAsync("/api/v1/sessions", Limits.Token);
        }
        while (response.StatusCode == HttpStatusCode.OK);
        await response.ProblemAsync(HttpStatusCode.TooManyRequests, "token_limit");
        Assert.Equal("1", Header(response, "X-Token-Limit"));
        Assert.Equal("0", Header(response, "X-Token-Remaining"));
        Assert.Equal($"{12 * 3600}", Header(response, "Retry-After"));
        time.Advance(TimeSpan.FromHours(12));
        using var tomorrow = await ada.GetAsync("/api/v1/sessions", Limits.Token);
        Assert.Equal("1", Header(tomorrow, "X-Token-Remaining"));
    }

    [Fact]
    public async Task A_revoked_key_is_useless_at_once_and_after_a_restart()
    {
        using var folder = new TempFolder();
        string token;
        await using (var server = await StartAsync(folder))
        {
            var key = await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "ada" });
            token = key.Text("token");
            using var ada = server.ClientFor(token);
            var session = await ada.NewSessionAsync();
            using var listening = await EventReader.OpenAsync(ada, HttpMethod.Get, $"/api/v1/sessions/{session}/events");
            using (var revoked = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/keys/{key.Text("id")}"))
            {
                Assert.NotEmpty((await revoked.JsonAsync()).Text("revoked_at"));
            }

            await UselessAsync(ada);

            // Who listens already hears nothing more.
            Assert.Null(await listening.NextAsync());
            using var unknown = await server.Admin.SendAsync(HttpMethod.Delete, "/api/v1/keys/nonsense");
            await unknown.ProblemAsync(HttpStatusCode.NotFound, "key_not_found");
        }

        await using (var server = await StartAsync(folder))
        {
            using var ada = server.ClientFor(token);
            await UselessAsync(ada);
            var line = Assert.Single((await server.Admin.GetJsonAsync("/api/v1/keys")).GetProperty("keys").EnumerateArray());
            Assert.NotEmpty(line.Text("revoked_at"));
            using var rotated = await server.ClientWithKeyAsync(new { owner = "ada" });
            Assert.Single((await rotated.GetJsonAsync("/api/v1/sessions")).GetProperty("sessions").EnumerateArray());
        }

        static async Task UselessAsync(HttpClient client)
        {
            using var refused = await client.GetAsync("/api/v1/sessions", Limits.Token);
            await refused.ProblemAsync(HttpStatusCode.Unauthorized, "key_unknown");
        }
    }

    [Fact]
    public async Task A_token_stands_in_no_file()
    {
        using var folder = new TempFolder();
        string token;
        await using (var server = await StartAsync(folder))
        {
            token = (await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "ada" }, "k")).Text("token");
            await SearchAsync();
        }

        await SearchAsync();

        async Task SearchAsync()
        {
            foreach (var file in Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
            {
                // A copy is searched, because closing the database file as a plain file drops SQLite's locks.
                using var copy = new TempFolder();
                var path = Path.Combine(copy.Path, "copy");
                using (var process = System.Diagnostics.Process.Start("cp", [file, path]))
                {
                    await process.WaitForExitAsync(Limits.Token);
                }

                var bytes = await File.ReadAllBytesAsync(path, Limits.Token);
                Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(token[3..])) < 0, file);
            }
        }
    }

    [Fact]
    public async Task A_new_key_says_everything_but_its_secret_afterwards()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        var made = await server.Admin.PostJsonAsync(
            "/api/v1/keys", new { owner = "ada", name = "Ada's phone", scopes = new[] { "chat", "teach" }, requests_per_minute = 5, concurrency = 2, tokens_per_day = 1000 });
        Assert.StartsWith("tk_", made.Text("token"), StringComparison.Ordinal);
        var line = Assert.Single((await server.Admin.GetJsonAsync("/api/v1/keys")).GetProperty("keys").EnumerateArray());
        Assert.Equal("ada", line.Text("owner"));
        Assert.Equal("Ada's phone", line.Text("name"));
        Assert.Equal(["chat", "teach"], line.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal(5, line.Number("requests_per_minute"));
        Assert.Equal(2, line.Number("concurrency"));
        Assert.Equal(1000, line.Number("tokens_per_day"));
        Assert.False(line.TryGetProperty("token", out _));
        Assert.DoesNotContain("hash", line.GetRawText(), StringComparison.OrdinalIgnoreCase);
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private static Task<TestServer> StartAsync(TempFolder folder) =>
        TestServer.StartAsync(r => r.Models.Add("scripted", new ScriptedChatClient { Reply = _ => "Yes." }), folder: folder.Path);
}
