using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests.Http;

public sealed class BadInputTests
{
    private const int MaxBody = 64 << 10;

    /// <summary>Every own route that takes a body, and a good body for it.</summary>
    private static readonly (string Method, string Path, string Body)[] Routes =
    [
        ("POST", "/api/v1/agent/prompt", """{"message":"Hello"}"""),
        ("POST", "/api/v1/sessions", """{"agent":"assistant"}"""),
        ("POST", "/api/v1/sessions/import", """{"entries":[{"role":"user","text":"Hello"}]}"""),
        ("PATCH", "/api/v1/sessions/{id}", """{"title":"Hello"}"""),
        ("POST", "/api/v1/sessions/{id}/turns", """{"message":"Hello"}"""),
        ("POST", "/api/v1/sessions/{id}/turns/{turn}/approvals", """{"call_id":"Hello","approve":true}"""),
        ("POST", "/api/v1/keys", """{"owner":"Hello"}"""),
    ];

    public static TheoryData<string, string, string> EveryRoute()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var (method, path, body) in Routes)
        {
            data.Add(method, path, body);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryRoute))]
    public async Task A_bad_body_is_refused_with_its_place_and_changes_nothing(string method, string path, string good)
    {
        await using var world = await World.StartAsync();
        var before = await world.StateAsync();
        path = path.Replace("{id}", world.Session, StringComparison.Ordinal).Replace("{turn}", world.Turn, StringComparison.Ordinal);
        var member = JsonElement.Parse(good).EnumerateObject().First().Name;
        var rest = good[1..^1];

        // No JSON at all, or not whole.
        foreach (var text in new[] { " ", "{", "}", "nonsense", good[..^1], good + good, good + "x", "{'message':'Hello'}", good[..^1] + ",}", "\u0000" + good, "/* */" + good })
        {
            await RefusedAsync(text, "json_invalid");
        }

        await RefusedAsync("null", "json_invalid");
        foreach (var text in new[] { "[]", "1", "true", "\"text\"" })
        {
            await RefusedAsync(text, null);
        }

        // Deep: as an unknown member, and as the value of a known one.
        foreach (var depth in new[] { 17, 64, 1000, 10_000 })
        {
            var nested = string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
            await RefusedAsync($$"""{"{{member}}":{{nested}}}""", null);
            await RefusedAsync($$"""{"deep":{{nested}}}""", null);
        }

        await RefusedAsync($$"""{{{rest}},"surprise":1}""", "member_unknown", "surprise");
        await RefusedAsync($$"""{{{rest}},"Message":"Hello"}""", "member_unknown", "Message");
        await RefusedAsync($$"""{{{rest}},"{{new string('n', 5000)}}":1}""", "member_unknown");
        await RefusedAsync($$"""{{{rest}},"\u0000":1}""", "member_unknown");
        await RefusedAsync($$"""{{{rest}},"\ud800":1}""", null);
        await RefusedAsync($$"""{{{rest}},"__proto__":1}""", "member_unknown", "__proto__");
        await RefusedAsync($$"""{{{rest}},{{rest}}}""", "member_repeated", member);
        foreach (var wrong in new[] { "{}", "true", "12", "1.5", "1e400", "[[]]", "[null]", "[1]" })
        {
            await RefusedAsync($$"""{"{{member}}":{{wrong}}}""", null);
        }

        // What is no text.
        if (member != "entries")
        {
            await RefusedAsync($$"""{"{{member}}":"a\u0000b"{{(rest.Contains(',', StringComparison.Ordinal) ? ",\"approve\":true" : "")}}}""", null);
            await RefusedAsync($$"""{"{{member}}":"a\ud800b"}""", null);
            await RefusedAsync($$"""{"{{member}}":"a\udc00"}""", null);
        }

        await RefusedAsync(Encoding.Latin1.GetBytes(good.Replace("ello", "éllo", StringComparison.Ordinal).Replace("agent\":\"", "agent\":\"é", StringComparison.Ordinal)), null);
        await RefusedAsync(Encoding.Unicode.GetBytes(good), "json_invalid");
        await RefusedAsync(new byte[] { 0xff, 0xfe, 0xfd }, "json_invalid");

        // Not JSON by its name.
        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "nonsense" })
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(good));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            using var response = await world.SendAsync(method, path, content);
            await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType, "media_type_unsupported");
        }

        // Too much, with its length told and without.
        foreach (var chunked in new[] { false, true })
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"{{member}}":"{{new string('x', path.EndsWith("/import", StringComparison.Ordinal) ? 16 * MaxBody : MaxBody)}}"}"""));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await world.SendAsync(method, path, content, chunked);
            await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
        }

        if (method == "POST")
        {
            foreach (var key in new[] { new string('k', 256), "tab\tin it", "", " " })
            {
                using var response = await world.Client.SendAsync(HttpMethod.Post, path, good, key);
                if (path.EndsWith("/approvals", StringComparison.Ordinal))
                {
                    Assert.False(response.IsSuccessStatusCode);
                    continue;
                }

                await response.ProblemAsync(HttpStatusCode.BadRequest, "idempotency_key_invalid", "Idempotency-Key");
            }
        }

        Assert.Equal(before, await world.StateAsync());
        Assert.Empty(world.Logs.Errors);

        Task RefusedAsync(object body, string? code, string? at = null) => world.RefusedAsync(method, path, body, code, at);
    }

    [Theory]
    [InlineData("/api/v1/agent/prompt", """{"message":""}""", 400, "member_invalid", "message")]
    [InlineData("/api/v1/agent/prompt", """{}""", 400, "member_missing", "message")]
    [InlineData("/api/v1/agent/prompt", """{"message":null}""", 400, "member_invalid", "message")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","agent":"nobody"}""", 400, "agent_not_found", "agent")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","agent":"a\u0000"}""", 400, "agent_not_found", "agent")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","model":"nothing"}""", 400, "model_not_found", "model")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","model":""}""", 400, "model_not_found", "model")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","session_id":""}""", 404, "session_not_found", null)]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","session_id":"a\u0000b"}""", 404, "session_not_found", null)]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","session_id":"' OR 1=1 --"}""", 404, "session_not_found", null)]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","session_id":"{id}","agent":"assistant"}""", 400, "member_invalid", "agent")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","stream":"yes"}""", 400, "member_invalid", "stream")]
    [InlineData("/api/v1/agent/prompt", """{"message":"a","stream":1}""", 400, "member_invalid", "stream")]
    [InlineData("/api/v1/sessions", """{"agent":"nobody"}""", 400, "agent_not_found", "agent")]
    [InlineData("/api/v1/sessions", """{"durability":"never"}""", 400, "member_invalid", "durability")]
    [InlineData("/api/v1/sessions/import", """{}""", 400, "member_missing", "entries")]
    [InlineData("/api/v1/sessions/import", """{"entries":[null]}""", 400, "member_invalid", "entries[0]")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":"a"},null]}""", 400, "member_invalid", "entries[1]")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user"}]}""", 400, "member_invalid", "entries[0]")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":null}]}""", 400, "member_invalid", "entries[0].text")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"king","text":"a"}]}""", 400, "member_invalid", "entries[0].role")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":"a\u0000"}]}""", 400, "text_not_storable", "entries[0].text")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":"a","seq":2}]}""", 400, "member_invalid", "entries[0].seq")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":"a","parent":1}]}""", 400, "member_invalid", "entries[0].parent")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":"a","parent":-1}]}""", 400, "member_invalid", "entries[0].parent")]
    [InlineData("/api/v1/sessions/import", """{"entries":[{"role":"user","text":"a","at":"yesterday"}]}""", 400, "member_invalid", "entries[0].at")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"head":1}""", 400, "member_invalid", "head")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"head":-1}""", 400, "member_invalid", "head")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"title":""}""", 400, "member_invalid", "title")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"origin":""}""", 400, "member_invalid", "origin")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"new_id":"1"}""", 400, "member_invalid", "new_id")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"new_id":"0123456789abcdef0123456789ABCDEF"}""", 400, "member_invalid", "new_id")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"origin":"\u0000"}""", 400, "text_not_storable", "origin")]
    [InlineData("/api/v1/sessions/import", """{"entries":[],"troupe_export":2}""", 400, "member_invalid", "troupe_export")]
    [InlineData("/api/v1/sessions/{id}/turns", """{}""", 400, "member_missing", "message")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"message":"a","regenerate":1}""", 400, "member_missing", "message")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"regenerate":1,"parent":1}""", 400, "member_invalid", "parent")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"regenerate":2}""", 400, "entry_not_found", "regenerate")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"regenerate":0}""", 400, "entry_not_found", "regenerate")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"regenerate":99999999999}""", 400, "member_invalid", "regenerate")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"message":"a","parent":-1}""", 400, "entry_not_found", "parent")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"message":"a","parent":99}""", 400, "entry_not_found", "parent")]
    [InlineData("/api/v1/sessions/{id}/turns", """{"message":"a","model":"nothing"}""", 400, "model_not_found", "model")]
    [InlineData("/api/v1/sessions/nonsense/turns", """{"message":"a"}""", 404, "session_not_found", null)]
    [InlineData("/api/v1/sessions/{id}/turns/{turn}/approvals", """{"call_id":"a","approve":true}""", 409, "turn_not_waiting", null)]
    [InlineData("/api/v1/sessions/{id}/turns/nonsense/approvals", """{"call_id":"a","approve":true}""", 404, "turn_not_found", null)]
    [InlineData("/api/v1/sessions/{id}/turns/-1/cancel", null, 404, "turn_not_found", null)]
    [InlineData("/api/v1/sessions/{id}/turns/99999999999999999999999/cancel", null, 404, "turn_not_found", null)]
    [InlineData("/api/v1/sessions/{id}/turns/123456/cancel", null, 404, "turn_not_found", null)]
    [InlineData("/api/v1/keys", """{}""", 400, "member_missing", "owner")]
    [InlineData("/api/v1/keys", """{"owner":""}""", 400, "member_invalid", "owner")]
    [InlineData("/api/v1/keys", """{"owner":"*"}""", 400, "member_invalid", "owner")]
    [InlineData("/api/v1/keys", """{"owner":"a\nb"}""", 400, "member_invalid", "owner")]
    [InlineData("/api/v1/keys", """{"owner":"a","name":""}""", 400, "member_invalid", "name")]
    [InlineData("/api/v1/keys", """{"owner":"a","scopes":[]}""", 400, "member_invalid", "scopes")]
    [InlineData("/api/v1/keys", """{"owner":"a","scopes":[null]}""", 400, "member_invalid", "scopes")]
    [InlineData("/api/v1/keys", """{"owner":"a","scopes":["root"]}""", 400, "member_invalid", "scopes")]
    [InlineData("/api/v1/keys", """{"owner":"a","requests_per_minute":0}""", 400, "member_invalid", "requests_per_minute")]
    [InlineData("/api/v1/keys", """{"owner":"a","concurrency":-1}""", 400, "member_invalid", "concurrency")]
    [InlineData("/api/v1/keys", """{"owner":"a","tokens_per_day":0}""", 400, "member_invalid", "tokens_per_day")]
    public async Task A_value_that_means_nothing_is_refused_with_its_member(string path, string? body, int status, string code, string? member)
    {
        await using var world = await World.StartAsync();
        var before = await world.StateAsync();
        using var response = await world.Client.SendAsync(HttpMethod.Post, world.Fill(path), body is null ? null : world.Fill(body));
        await response.ProblemAsync((HttpStatusCode)status, code, member);
        Assert.Equal(before, await world.StateAsync());
        Assert.Empty(world.Logs.Errors);
    }

    [Theory]
    [InlineData("""{"title":""}""", "member_invalid", "title")]
    [InlineData("""{"title":"a\u0000"}""", "text_not_storable", "title")]
    [InlineData("""{"archived":"yes"}""", "member_invalid", "archived")]
    [InlineData("""{"head":-1}""", "entry_not_found", "head")]
    [InlineData("""{"head":3}""", "entry_not_found", "head")]
    public async Task A_change_that_means_nothing_is_refused(string body, string code, string member)
    {
        await using var world = await World.StartAsync();
        var before = await world.StateAsync();
        using var response = await world.Client.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{world.Session}", body);
        await response.ProblemAsync(HttpStatusCode.BadRequest, code, member);
        Assert.Equal(before, await world.StateAsync());
    }

    [Theory]
    [InlineData("/api/v1/sessions?limit=0", "limit")]
    [InlineData("/api/v1/sessions?limit=201", "limit")]
    [InlineData("/api/v1/sessions?limit=ten", "limit")]
    [InlineData("/api/v1/sessions?limit=-1", "limit")]
    [InlineData("/api/v1/sessions?limit=1&limit=2", "limit")]
    [InlineData("/api/v1/sessions?limit=99999999999999", "limit")]
    [InlineData("/api/v1/sessions?archived=perhaps", "archived")]
    [InlineData("/api/v1/sessions?owner=ada", "owner")]
    [InlineData("/api/v1/sessions?q=a%00b", "q")]
    [InlineData("/api/v1/sessions/{id}?after=-1", "after")]
    [InlineData("/api/v1/sessions/{id}?after=x", "after")]
    [InlineData("/api/v1/sessions/{id}?limit=1001", "limit")]
    [InlineData("/api/v1/sessions/{id}/export?format=pdf", "format")]
    public async Task A_bad_query_is_refused_with_its_name(string path, string member)
    {
        await using var world = await World.StartAsync();
        using var response = await world.Client.GetAsync(world.Fill(path), Limits.Token);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync(Limits.Token));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(member, problem.Text("member"));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/api/v1/nothing", 404)]
    [InlineData("POST", "/api/v1/agent/prompt/", 200)]
    [InlineData("GET", "/api/v1/sessions/%2e%2e/%2e%2e/etc", 404)]
    [InlineData("GET", "/api/v1/sessions/a%2Fb", 404)]
    [InlineData("GET", "/api/v1/sessions/%C3%A9", 404)]
    [InlineData("GET", "/api/v1/agent/prompt", 405)]
    [InlineData("DELETE", "/api/v1/sessions", 405)]
    [InlineData("PUT", "/api/v1/sessions", 405)]
    [InlineData("POST", "/health/live", 405)]
    [InlineData("BREW", "/api/v1/keys", 405)]
    public async Task What_is_not_there_is_a_problem_too(string method, string path, int status)
    {
        await using var world = await World.StartAsync();
        using var chat = await world.Server.ClientWithKeyAsync(new { owner = "ada" });
        using var response = await chat.SendAsync(new HttpMethod(method), path, method is "GET" ? null : """{"message":"Hello"}""");
        if (status == 200)
        {
            await response.JsonAsync();
        }
        else if (status == 405)
        {
            await response.ProblemAsync(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
            Assert.NotEmpty(response.Content.Headers.Allow);
        }
        else
        {
            await response.ProblemAsync(HttpStatusCode.NotFound, path.StartsWith("/api/v1/sessions/", StringComparison.Ordinal) && !path.Contains("etc", StringComparison.Ordinal) ? "session_not_found" : "route_not_found");
        }
    }

    [Fact]
    public async Task A_message_has_a_bound()
    {
        await using var world = await World.StartAsync(new ServerSettings { MaxMessageLength = 1000 });
        using var response = await world.Client.SendAsync(HttpMethod.Post, "/api/v1/agent/prompt", JsonSerializer.Serialize(new { message = new string('x', 1001) }));
        await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "message_too_long", "message");
        await world.Client.PostJsonAsync("/api/v1/agent/prompt", new { message = new string('x', 1000) });
    }

    [Fact]
    public async Task A_body_without_a_type_counts_as_json_however_it_is_sent()
    {
        await using var world = await World.StartAsync();
        foreach (var chunked in new[] { false, true })
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"durability":"batched"}"""));
            using var response = await world.SendAsync("POST", "/api/v1/sessions", content, chunked);
            Assert.Equal("batched", (await response.JsonAsync()).Text("durability"));
        }

        using var empty = await world.Client.SendAsync(HttpMethod.Post, "/api/v1/sessions");
        Assert.Equal("durable", (await empty.JsonAsync()).Text("durability"));
    }

    [Theory]
    [InlineData("GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\nBig: {big}\r\n\r\n", "431")]
    [InlineData("GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\n{many}\r\n", "431")]
    [InlineData("GET /{big} HTTP/1.1\r\nHost: x\r\n\r\n", "414")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET / HTTP/9.9\r\nHost: x\r\n\r\n", "505")]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400")]
    [InlineData("nonsense\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA\u0000: b\r\n\r\n", "400")]
    [InlineData("POST /api/v1/agent/prompt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "40")]
    [InlineData("POST /api/v1/agent/prompt HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400")]
    public async Task What_is_hardly_http_is_refused_and_the_server_goes_on(string request, string status)
    {
        await using var world = await World.StartAsync();
        request = request.Replace("{big}", new string('x', 40 << 10), StringComparison.Ordinal)
            .Replace("{many}", string.Concat(Enumerable.Range(0, 100).Select(n => $"H{n}: x\r\n")), StringComparison.Ordinal);
        using (var connection = new TcpClient())
        {
            await connection.ConnectAsync(IPAddress.Loopback, new Uri(world.Server.Url).Port, Limits.Token);
            await connection.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Limits.Token);
            using var lines = new StreamReader(connection.GetStream());
            Assert.StartsWith($"HTTP/1.1 {status}", await lines.ReadLineAsync(Limits.Token), StringComparison.Ordinal);
        }

        await world.Client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
        Assert.Empty(world.Logs.Errors);
    }

    [Fact]
    public async Task A_client_that_ends_in_the_middle_of_its_body_stores_nothing()
    {
        await using var world = await World.StartAsync();
        var before = await world.StateAsync();
        using (var connection = new TcpClient())
        {
            await connection.ConnectAsync(IPAddress.Loopback, new Uri(world.Server.Url).Port, Limits.Token);
            await using var stream = connection.GetStream();
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes($$"""POST /api/v1/agent/prompt HTTP/1.1{{"\r\n"}}Host: x{{"\r\n"}}Authorization: Bearer {{TestServer.AdminToken}}{{"\r\n"}}Content-Length: 100{{"\r\n\r\n"}}{"message":"Hel"""),
                Limits.Token);
            connection.Client.Shutdown(SocketShutdown.Send);
            using var lines = new StreamReader(stream);
            string? answer = null;
            try
            {
                answer = await lines.ReadLineAsync(Limits.Token);
            }
            catch (IOException)
            {
                // A reset connection is an answer, too.
            }

            Assert.True(answer?.Contains("200", StringComparison.Ordinal) is not true, answer);
        }

        Assert.Equal(before, await world.StateAsync());
        Assert.Empty(world.Logs.Errors);
    }

    /// <summary>A server with one session of one turn, to see that nothing changes.</summary>
    private sealed class World(TestServer server, LogLines logs, string session, string turn) : IAsyncDisposable
    {
        public TestServer Server => server;

        public HttpClient Client => server.Admin;

        public LogLines Logs => logs;

        public string Session => session;

        public string Turn => turn;

        public static async Task<World> StartAsync(ServerSettings? settings = null)
        {
            var logs = new LogLines();
            var server = await TestServer.StartAsync(
                r => r.Models.Add("fixed", new FixedChatClient("Yes.", TimeSpan.Zero)), settings ?? new ServerSettings { MaxBodyBytes = MaxBody }, logs: logs);
            var answer = await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "First." });
            return new World(server, logs, answer.Text("session_id"), answer.Text("turn_id"));
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();

        public string Fill(string text) => text.Replace("{id}", Session, StringComparison.Ordinal).Replace("{turn}", Turn, StringComparison.Ordinal);

        /// <summary>Everything that is stored, as the routes show it.</summary>
        public async Task<string> StateAsync() => string.Join('\n',
            (await Client.GetJsonAsync("/api/v1/sessions?owner=*&archived=true")).GetRawText(),
            (await Client.GetJsonAsync($"/api/v1/sessions/{Session}")).GetRawText(),
            (await Client.GetJsonAsync("/api/v1/keys")).GetRawText());

        public async Task<HttpResponseMessage> SendAsync(string method, string path, HttpContent content, bool chunked = false)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
            request.Headers.TransferEncodingChunked = chunked;

            // A large body is refused by its length, before it is sent; without asking first the answer may be lost in the broken connection.
            request.Headers.ExpectContinue = !chunked && content.Headers.ContentLength > MaxBody * 2;
            return await Client.SendAsync(request, Limits.Token);
        }

        /// <param name="body">Text or bytes.</param>
        public async Task RefusedAsync(string method, string path, object body, string? code, string? member)
        {
            using var content = new ByteArrayContent(body as byte[] ?? Encoding.UTF8.GetBytes((string)body));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await SendAsync(method, path, content);
            var text = await response.Content.ReadAsStringAsync(Limits.Token);
            var shown = body is string json ? json[..Math.Min(json.Length, 80)] : "bytes";
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{shown}: {(int)response.StatusCode} {text}");
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            var problem = JsonElement.Parse(text);
            Assert.True(code is null || problem.Text("code") == code, $"{shown}: {text}");
            Assert.True(member is null || problem.Text("member") == member, $"{shown}: {text}");
            Assert.InRange(text.Length, 1, 2000);
        }
    }
}
