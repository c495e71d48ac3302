using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Troupe.Models;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Tests;

namespace Troupe.Server.Tests.Http;

public sealed partial class AccessTests
{
    /// <summary>What anybody may see. Whoever makes this list longer decides that strangers may call the route.</summary>
    private static readonly string[] PublicRoutes = ["GET /health/live", "GET /health/ready", "GET /openapi/{documentName}.json", "POST /api/v1/login"];

    [Fact]
    public async Task Every_route_says_whom_it_lets_in_and_few_let_in_everybody()
    {
        await using var server = await StartAsync();
        var routes = RoutesOf(server);
        Assert.All(routes, r => Assert.NotNull(r.Endpoint.Metadata.GetMetadata<RouteAccess>()));
        Assert.Equal(PublicRoutes, routes.Where(r => r.Scope == Scope.Public).Select(r => r.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_route_lets_in_a_stranger_or_a_key_that_may_not()
    {
        await using var server = await StartAsync();
        using var nobody = server.ClientFor(null);
        using var stranger = server.ClientFor("tk_not-a-key-0123456789abcdefghijklmnopqrstuvw");
        using var chat = await server.ClientWithKeyAsync(new { owner = "ada", scopes = new[] { "chat" } });
        using var teach = await server.ClientWithKeyAsync(new { owner = "tina", scopes = new[] { "teach" } });
        foreach (var route in RoutesOf(server).Where(r => r.Scope != Scope.Public))
        {
            await Expect(nobody, route, HttpStatusCode.Unauthorized, "key_missing");
            await Expect(stranger, route, HttpStatusCode.Unauthorized, "key_unknown");
            await Expect(route.Scope == Scope.Teach ? chat : teach, route, HttpStatusCode.Forbidden, "scope_missing");
            if (route.Scope == Scope.Admin)
            {
                await Expect(chat, route, HttpStatusCode.Forbidden, "scope_missing");
            }
        }

        static async Task Expect(HttpClient client, Route route, HttpStatusCode status, string code)
        {
            using var response = await client.SendAsync(new HttpMethod(route.Method), route.Path("00000000000000000000000000000000", "1"), route.Method == "GET" ? null : "{}");
            var text = await response.Content.ReadAsStringAsync(Limits.Token);
            Assert.True(status == response.StatusCode && (text.Contains(code, StringComparison.Ordinal) || route.Pattern.StartsWith("/v1/", StringComparison.Ordinal)), $"{route}: {(int)response.StatusCode} {text}");
            Assert.Equal(status == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count > 0);
        }
    }

    [Theory]
    [InlineData("bearer {0}", true)]
    [InlineData("Bearer   {0} ", true)]
    [InlineData("{0}", false)]
    [InlineData("Basic {0}", false)]
    [InlineData("Bearer", false)]
    [InlineData("Bearer {0}x", false)]
    [InlineData("Bearer {0}, Bearer {0}", false)]
    public async Task A_key_is_taken_as_a_bearer_token_only(string header, bool good)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions");
        request.Headers.TryAddWithoutValidation("Authorization", string.Format(System.Globalization.CultureInfo.InvariantCulture, header, TestServer.AdminToken));
        using var response = await client.SendAsync(request, Limits.Token);
        Assert.Equal(good ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task A_foreign_session_is_nowhere()
    {
        await using var server = await StartAsync();
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob" });
        var session = await ada.NewSessionAsync();
        var turn = (await ada.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "My secret." })).Text("turn_id");
        foreach (var route in RoutesOf(server).Where(r => r.Pattern.StartsWith("/api/v1/sessions/{id}", StringComparison.Ordinal)))
        {
            using var foreign = await bob.SendAsync(new HttpMethod(route.Method), route.Path(session, turn), route.Body);
            var problem = await foreign.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");

            // Nothing tells a foreign session from one that never was.
            using var unknown = await bob.SendAsync(new HttpMethod(route.Method), route.Path(new string('0', 32), turn), route.Body);
            var other = await unknown.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");
            Assert.Equal(problem.Text("detail").Replace(session, "", StringComparison.Ordinal), other.Text("detail").Replace(new string('0', 32), "", StringComparison.Ordinal));
        }

        using var said = await bob.SendAsync(HttpMethod.Post, "/api/v1/agent/prompt", $$"""{"message":"Hello","session_id":"{{session}}"}""");
        await said.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");
        Assert.Empty((await bob.GetJsonAsync("/api/v1/sessions")).GetProperty("sessions").EnumerateArray());
        Assert.Empty((await bob.GetJsonAsync("/api/v1/sessions?q=secret")).GetProperty("sessions").EnumerateArray());
        Assert.Equal(2, (await ada.EntriesAsync(session)).Count);
    }

    [Fact]
    public async Task An_operator_lists_cancels_and_deletes_but_does_not_read()
    {
        using var model = new ScriptedChatClient();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        var session = await ada.NewSessionAsync();
        using var said = await EventReader.OpenAsync(ada, HttpMethod.Post, $"/api/v1/sessions/{session}/turns", new { message = "My secret." });
        var turn = (await said.NextAsync())!.Data.Text("turn_id");
        (await model.NextAsync()).Say("I keep it.");
        Assert.Equal("turn.delta", (await said.NextAsync())!.Name);

        var line = Assert.Single((await server.Admin.GetJsonAsync("/api/v1/sessions?owner=*")).GetProperty("sessions").EnumerateArray());
        Assert.Equal(session, line.Text("id"));
        Assert.Equal("ada", line.Text("owner"));
        Assert.False(line.TryGetProperty("title", out _));
        Assert.Empty((await server.Admin.GetJsonAsync("/api/v1/sessions")).GetProperty("sessions").EnumerateArray());
        using (var search = await server.Admin.GetAsync("/api/v1/sessions?owner=*&q=secret", Limits.Token))
        {
            await search.ProblemAsync(HttpStatusCode.BadRequest, "query_invalid", "q");
        }

        foreach (var (method, path, body) in new[]
        {
            ("GET", "", null), ("GET", "/export", null), ("GET", "/events", null), ("PATCH", "", """{"title":"Mine"}"""), ("POST", "/turns", """{"message":"Hello"}"""),
        })
        {
            using var refused = await server.Admin.SendAsync(new HttpMethod(method), $"/api/v1/sessions/{session}{path}", body);
            await refused.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");
        }

        using (var cancelled = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns/{turn}/cancel"))
        {
            var text = (await cancelled.JsonAsync()).GetRawText();
            Assert.DoesNotContain("I keep it.", text, StringComparison.Ordinal);
            Assert.Contains("cancelled", text, StringComparison.Ordinal);
        }

        Assert.Equal("turn.cancelled", (await said.NextAsync())!.Name);
        using var deleted = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await ada.GetAsync($"/api/v1/sessions/{session}", Limits.Token);
        await gone.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");
    }

    [Fact]
    public async Task A_chat_key_cannot_list_everybody()
    {
        await using var server = await StartAsync();
        await server.Admin.NewSessionAsync();
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob" });
        using var all = await bob.GetAsync("/api/v1/sessions?owner=*", Limits.Token);
        await all.ProblemAsync(HttpStatusCode.Forbidden, "scope_missing");
    }

    [Fact]
    public async Task No_secret_is_ever_logged_or_shown()
    {
        var logs = new LogLines();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("fixed", new FixedChatClient("Yes.", TimeSpan.Zero)), logs: logs);
        var made = await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "ada" });
        var token = made.Text("token");
        using var ada = server.ClientFor(token);
        var seen = new List<string>();
        foreach (var route in RoutesOf(server))
        {
            foreach (var body in new[] { "{}", "{", """{"message":"Hello"}""" })
            {
                using var response = await ada.SendAsync(
                    new HttpMethod(route.Method), route.Path("x", "y"), route.Method == "GET" ? null : body, accept: route.Pattern.EndsWith("/events", StringComparison.Ordinal) ? "text/event-stream" : null);
                seen.Add(await response.Content.ReadAsStringAsync(Limits.Token));
            }
        }

        using (var wrong = server.ClientFor(token + "x"))
        using (var response = await wrong.GetAsync("/api/v1/sessions", Limits.Token))
        {
            seen.Add(await response.Content.ReadAsStringAsync(Limits.Token) + response.Headers);
        }

        seen.Add((await server.Admin.GetJsonAsync("/api/v1/keys")).GetRawText());
        seen.Add(logs.Text);
        Assert.NotEmpty(logs.Text);
        Assert.All(seen, text =>
        {
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(TestServer.AdminToken, text, StringComparison.Ordinal);
        });
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(r => r.Models.Add("fixed", new FixedChatClient("Yes.", TimeSpan.Zero)));

    private static List<Route> RoutesOf(TestServer server) =>
    [
        .. server.Host.Routes.OfType<RouteEndpoint>().SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => new Route(m, e))),
    ];

    [GeneratedRegex(@"\{\w+\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter { get; }

    private sealed record Route(string Method, RouteEndpoint Endpoint)
    {
        public string Pattern { get; } = "/" + Endpoint.RoutePattern.RawText!.TrimStart('/');

        public Scope Scope => Endpoint.Metadata.GetMetadata<RouteAccess>()!.Scope;

        /// <summary>A good body, where one is wanted, so that nothing but the session can be at fault.</summary>
        public string? Body => Method is "GET" or "DELETE" ? null
            : Method == "PATCH" ? """{"title":"Mine"}"""
            : Pattern.EndsWith("/turns", StringComparison.Ordinal) ? """{"message":"Hello"}"""
            : Pattern.EndsWith("/approvals", StringComparison.Ordinal) ? """{"call_id":"x","approve":true}"""
            : null;

        public string Path(string id, string turn) => Parameter.Replace(
            Pattern, match => match.Value switch { "{turn}" => turn, "{documentName}" => "v1", _ => id });

        public override string ToString() => $"{Method} {Pattern}";
    }
}
