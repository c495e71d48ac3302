using System.Net;
using Troupe.Tests;

namespace Troupe.Server.Tests.Sessions;

public sealed class IdempotencyTests
{
    /// <summary>The route, a body, the same body otherwise written, another body, and the member that names what was made.</summary>
    public static TheoryData<string, string, string, string, string> Routes => new()
    {
        { "/api/v1/sessions/{id}/turns", """{"message":"Hello","parent":0}""", """ {"parent" : 0, "message": "\u0048ello"} """, """{"message":"Hello"}""", "turn_id" },
        { "/api/v1/agent/prompt", """{"message":"Hello","agent":"assistant"}""", """{"agent":"assistant",  "message":"Hell\u006f"}""", """{"message":"Hello!","agent":"assistant"}""", "session_id" },
        { "/api/v1/sessions", """{"agent":"assistant","durability":"durable"}""", """{"durability":"durable","agent":"assistant"}""", """{"durability":"batched"}""", "id" },
        { "/api/v1/sessions/import", """{"title":"T","entries":[{"role":"user","text":"a","at":"2026-01-01T00:00:00Z"}]}""", """{"entries":[{"at":"2026-01-01T00:00:00Z","text":"a","role":"user"}],"title":"T"}""", """{"title":"T","entries":[{"role":"user","text":"a","at":"2026-01-02T00:00:00Z"}]}""", "id" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_key_makes_one_thing_however_often_it_comes(string path, string body, string same, string other, string made)
    {
        using var folder = new TempFolder();
        string session;
        string first;
        using (var model = new ScriptedChatClient { Reply = _ => "Yes." })
        {
            await using var server = await StartAsync(model, folder);
            session = await server.Admin.NewSessionAsync();
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => MadeAsync(server, n % 2 == 0 ? body : same)));
            first = Assert.Single(answers.Distinct(StringComparer.Ordinal));
            await ReusedAsync(server);
            Assert.InRange(model.Count, 0, 1);
            await CountAsync(server);
        }

        using (var model = new ScriptedChatClient { Reply = _ => "Yes." })
        {
            await using var server = await StartAsync(model, folder);
            await ReusedAsync(server);
            Assert.Equal(first, await MadeAsync(server, same));
            Assert.Equal(0, model.Count);
            await CountAsync(server);

            // Somebody else's key of the same name is another one.
            if (!path.Contains("{id}", StringComparison.Ordinal))
            {
                using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
                using var theirs = await ada.SendAsync(HttpMethod.Post, path, other, "k");
                Assert.NotEqual(first, (await theirs.JsonAsync()).Text(made));
            }
        }

        async Task<string> MadeAsync(TestServer server, string json)
        {
            using var response = await server.Admin.SendAsync(HttpMethod.Post, path.Replace("{id}", session, StringComparison.Ordinal), json, "k");
            return (await response.JsonAsync()).Text(made);
        }

        async Task ReusedAsync(TestServer server)
        {
            using var response = await server.Admin.SendAsync(HttpMethod.Post, path.Replace("{id}", session, StringComparison.Ordinal), other, "k");
            await response.ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        }

        async Task CountAsync(TestServer server)
        {
            var sessions = (await server.Admin.GetJsonAsync("/api/v1/sessions")).GetProperty("sessions").GetArrayLength();
            Assert.Equal(path.Contains("{id}", StringComparison.Ordinal) ? 1 : 2, sessions);
        }
    }

    [Fact]
    public async Task A_secret_is_shown_once_also_to_the_same_key()
    {
        using var folder = new TempFolder();
        const string body = """{"owner":"ada","scopes":["chat"]}""";
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using (var server = await StartAsync(model, folder))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.Admin.SendAsync(HttpMethod.Post, "/api/v1/keys", body, "k")));
            var made = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
            using var client = server.ClientFor((await made.JsonAsync()).Text("token"));
            await client.NewSessionAsync();
            foreach (var answer in answers.Where(a => a != made))
            {
                await answer.ProblemAsync(HttpStatusCode.Conflict, "secret_shown_once");
            }
        }

        await using (var server = await StartAsync(new ScriptedChatClient { Reply = _ => "Yes." }, folder))
        {
            using var again = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/keys", """{"scopes":["chat"], "owner":"ada"}""", "k");
            await again.ProblemAsync(HttpStatusCode.Conflict, "secret_shown_once");
            using var other = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/keys", """{"owner":"bob"}""", "k");
            await other.ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
            Assert.Single((await server.Admin.GetJsonAsync("/api/v1/keys")).GetProperty("keys").EnumerateArray());
        }
    }

    [Fact]
    public async Task A_key_attaches_to_the_turn_that_still_runs()
    {
        using var folder = new TempFolder();
        using var model = new ScriptedChatClient();
        await using var server = await StartAsync(model, folder);
        var requests = Enumerable.Range(0, 8).Select(_ => server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" }, "k")).ToList();
        (await model.NextAsync()).Finish("Yes.");
        var answers = await Task.WhenAll(requests);
        Assert.All(answers, a => Assert.Equal(answers[0].GetRawText(), a.GetRawText()));
        Assert.Equal(1, model.Count);
    }

    [Theory]
    [InlineData("/api/v1/sessions", """{}""", "id")]
    [InlineData("/api/v1/sessions/import", """{"entries":[]}""", "id")]
    [InlineData("/api/v1/agent/prompt", """{"message":"Hello"}""", "session_id")]
    public async Task A_key_whose_session_was_deleted_makes_another(string path, string body, string made)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(new ScriptedChatClient { Reply = _ => "Yes." }, folder);
        using var first = await server.Admin.SendAsync(HttpMethod.Post, path, body, "k");
        var session = (await first.JsonAsync()).Text(made);
        using var deleted = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var second = await server.Admin.SendAsync(HttpMethod.Post, path, body, "k");
        Assert.NotEqual(session, (await second.JsonAsync()).Text(made));
    }

    private static Task<TestServer> StartAsync(ScriptedChatClient model, TempFolder folder) =>
        TestServer.StartAsync(r => r.Models.Add("scripted", model), folder: folder.Path);
}
