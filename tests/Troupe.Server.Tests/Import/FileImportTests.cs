using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Troupe.Agents;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests.Import;

/// <summary>A file of conversations, sent as it is.</summary>
public sealed class FileImportTests
{
    private const string Route = "/api/v1/import";

    [Theory]
    [InlineData("openai-array.json", "application/json", "openai", 1)]
    [InlineData("openai-object.json", "application/json", "openai", 1)]
    [InlineData("near-misses.json", "text/plain; charset=utf-8", "openai", 1)]
    [InlineData("lines.jsonl", "application/x-ndjson", "jsonl", 3)]
    [InlineData("message-lines.jsonl", "application/octet-stream", "jsonl", 1)]
    [InlineData("chatgpt-conversations.json", null, "chatgpt", 2)]
    [InlineData("medsim-session.json", "application/json", "medsim", 1)]
    [InlineData("taurobot-memory.json", "application/json", "taurobot", 2)]
    [InlineData("taurobot-users.json", "application/json", "taurobot", 2)]
    [InlineData("taurobot-near.json", "application/json", "taurobot", 2)]
    [InlineData("troupe-export.json", "application/json", "troupe", 1)]
    public async Task A_file_of_each_format_becomes_sessions_once(string name, string? type, string format, int count)
    {
        await using var server = await StartAsync();
        var bytes = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "fixtures", "import", name), Limits.Token);
        var first = await ImportAsync(server.Admin, bytes, type, "?name=memories.json");
        Assert.Equal((format, count, 0, 0), (first.Text("format"), first.Number("imported"), first.Number("known"), first.GetProperty("refused").GetArrayLength()));
        Assert.False(first.TryGetProperty("interrupted", out _));
        var sessions = first.GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal(count, sessions.Count);
        foreach (var session in sessions)
        {
            var view = await server.Admin.GetJsonAsync($"/api/v1/sessions/{session.Text("id")}");
            Assert.Equal(session.Number("entries"), view.GetProperty("entries").GetArrayLength());
            Assert.Equal(session.Text("title"), view.Text("title"));
            Assert.True(session.GetProperty("new").GetBoolean());
        }

        // Under another name it is the same file.
        var again = await ImportAsync(server.Admin, bytes, type, "?name=other.json");
        Assert.Equal((format, 0, count), (again.Text("format"), again.Number("imported"), again.Number("known")));
        Assert.Equal(sessions.Select(s => s.Text("id")), again.GetProperty("sessions").EnumerateArray().Select(s => s.Text("id")));
        Assert.All(again.GetProperty("sessions").EnumerateArray(), s => Assert.False(s.GetProperty("new").GetBoolean()));
    }

    [Fact]
    public async Task The_same_file_many_times_at_once_is_taken_once()
    {
        const int Count = 200;
        await using var server = await StartAsync();
        var reports = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ImportAsync(server.Admin, Lines(Count))));
        Assert.Equal(Count, reports.Sum(r => r.Number("imported")));
        Assert.Equal(3 * Count, reports.Sum(r => r.Number("known")));
        Assert.All(reports, r => Assert.Equal(50, r.GetProperty("sessions").GetArrayLength()));
        Assert.Equal(Count, (await IdsAsync(server.Admin)).Count);
    }

    [Fact]
    public async Task Users_of_a_memory_file_keep_what_is_not_known_of_them_and_of_the_file()
    {
        await using var server = await StartAsync();
        var report = await ImportAsync(server.Admin, await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "fixtures", "import", "taurobot-near.json"), Limits.Token));
        var sessions = report.GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal(["TauroBot: river", "TauroBot: stone"], sessions.Select(s => s.Text("title")));
        var river = await server.Admin.EntriesAsync(sessions[0].Text("id"));
        Assert.Equal(["Is the kite still green?", "As green as ever.", "[system] The kite was painted."], river.Take(3).Select(e => e.Text("text")));
        Assert.Equal(["user", "assistant", "note", "note", "note"], river.Select(e => e.Text("role")));
        AssertHas(river, "\"name\":\"River\"", "\"colour\": \"green\"", "\"mood\":\"curious\"", "\"bot\":\"TauroBot\"");
        AssertHas(await server.Admin.EntriesAsync(sessions[1].Text("id")), "likes rain", "\"bot\":\"TauroBot\"", "\"version\":3", "\"admins\":[\"river\"]", "\"saved\":\"2026-01-02\"");

        static void AssertHas(List<JsonElement> entries, params string[] texts)
        {
            var all = string.Join('\n', entries.Select(e => e.Text("text")));
            Assert.All(texts, t => Assert.Contains(t, all, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_long_member_of_a_file_is_kept_once_and_not_with_every_user()
    {
        await using var server = await StartAsync();
        var secret = new string('k', 2000);
        var users = string.Join(',', Enumerable.Range(0, 5).Select(n => $$""" "user {{n}}": [{"role": "user", "content": "{{n}}"}]"""));
        var report = await ImportAsync(server.Admin, $$"""{"model": "small", "key": "{{secret}}", {{users}} }""");
        var texts = new List<string>();
        foreach (var session in report.GetProperty("sessions").EnumerateArray())
        {
            texts.Add(string.Join('\n', (await server.Admin.EntriesAsync(session.Text("id"))).Select(e => e.Text("text"))));
        }

        Assert.Equal(5, texts.Count);
        Assert.All(texts, t => Assert.Contains("small", t, StringComparison.Ordinal));
        Assert.Contains(secret, Assert.Single(texts, t => t.Contains("kkk", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(secret, texts[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, null, "assistant")]
    [InlineData(true, null, "taurobot")]
    [InlineData(true, "assistant", "assistant")]
    public async Task TauroBots_memory_goes_on_with_TauroBot_where_it_is_there(bool isThere, string? wanted, string agent)
    {
        await using var server = await StartAsync(isThere);
        var query = wanted is null ? "" : $"?agent={wanted}";
        var memory = await ImportAsync(server.Admin, """{"river":[{"role":"user","content":"Hi"}]}""", query: query);
        Assert.Equal(agent, (await ViewAsync(memory)).Text("agent"));
        var messages = await ImportAsync(server.Admin, """[{"role":"user","content":"Hi"}]""", query: query);
        Assert.Equal("assistant", (await ViewAsync(messages)).Text("agent"));

        Task<JsonElement> ViewAsync(JsonElement report) => server.Admin.GetJsonAsync($"/api/v1/sessions/{report.GetProperty("sessions")[0].Text("id")}");
    }

    [Fact]
    public async Task An_export_goes_on_with_its_own_agent_and_one_whose_agent_is_not_there_is_refused_alone()
    {
        await using var server = await StartAsync(hasTauroBot: true);
        const string Exports = """
            {"troupe_export":1,"id":"a","agent":"taurobot","entries":[{"seq":1,"role":"user","text":"One"}]}
            {"troupe_export":1,"id":"b","agent":"nobody","entries":[{"seq":1,"role":"user","text":"Two"}]}
            {"troupe_export":1,"id":"c","entries":[{"seq":1,"role":"user","text":"Three"}]}
            """;
        var report = await ImportAsync(server.Admin, Exports);
        Assert.Equal(2, report.Number("imported"));
        var refused = Assert.Single(report.GetProperty("refused").EnumerateArray());
        Assert.Equal("line 2", refused.Text("place"));
        Assert.Contains("no agent 'nobody'", refused.Text("reason"), StringComparison.Ordinal);
        Assert.Equal("taurobot", (await server.Admin.GetJsonAsync($"/api/v1/sessions/{report.GetProperty("sessions")[0].Text("id")}")).Text("agent"));

        // The same file with an agent that is there takes what was left.
        Assert.Equal((1, 2), Numbers(await ImportAsync(server.Admin, Exports, query: "?agent=assistant")));
    }

    [Fact]
    public async Task What_stands_before_and_after_a_broken_place_is_taken()
    {
        await using var server = await StartAsync();
        var lines = await ImportAsync(server.Admin, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n{broken\n{\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}\n");
        Assert.Equal((2, 0), Numbers(lines));
        Assert.StartsWith("line 2", Assert.Single(lines.GetProperty("refused").EnumerateArray()).Text("place"), StringComparison.Ordinal);
        var list = await ImportAsync(server.Admin, """[{"messages":[{"role":"user","content":"c"}]},{"messages":[{"role":"king"}]},{"messages":[{"role":"user","content":"d"}]},{"mess""");
        Assert.Equal((2, 0), Numbers(list));
        Assert.Equal(["conversation 2, message 1", "line 1, byte 129"], list.GetProperty("refused").EnumerateArray().Select(r => r.Text("place")));
        var none = await ImportAsync(server.Admin, """{"messages":[{"role":"king"}]}""");
        Assert.Equal((0, 0), Numbers(none));
        Assert.Equal("openai", none.Text("format"));
    }

    [Fact]
    public async Task Places_that_are_refused_are_named_up_to_a_hundred_and_counted()
    {
        await using var server = await StartAsync();
        var report = await ImportAsync(server.Admin, Encoding.UTF8.GetString(Lines(3)) + string.Concat(Enumerable.Repeat("{\"messages\":[]}\n", 150)));
        Assert.Equal((3, 0), Numbers(report));
        Assert.Equal((100, 50), (report.GetProperty("refused").GetArrayLength(), report.Number("refused_more")));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("   \n", "empty")]
    [InlineData("<html></html>", "byte 0")]
    [InlineData("{\"colour\":\"red\"}", "no conversation that Troupe knows")]
    [InlineData("[1,2]", "no conversation that Troupe knows")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{\"troupe_import\":1}", "summary of an import")]
    public async Task A_file_that_is_nothing_known_is_refused_with_what_was_tried(string text, string said)
    {
        await using var server = await StartAsync();
        using var response = await SendAsync(server.Admin, Encoding.UTF8.GetBytes(text), "application/json", "?name=notes.json");
        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest, "file_unknown");
        foreach (var part in new[] { "'notes.json'", said, "OpenAI messages, JSON lines, ChatGPT, MedSim and TauroBot files" })
        {
            Assert.Contains(part, problem.Text("detail"), StringComparison.Ordinal);
        }

        Assert.Empty(await IdsAsync(server.Admin));
    }

    [Theory]
    [InlineData("?agent=nobody", 400, "agent_not_found", "agent")]
    [InlineData("?agent=assistant&agent=assistant", 400, "agent_not_found", "agent")]
    [InlineData("?name=a%00b", 400, "text_not_storable", "name")]
    [InlineData("?name={long}", 400, "query_invalid", "name")]
    public async Task A_bad_query_is_refused_before_anything_is_read(string query, int status, string code, string member)
    {
        await using var server = await StartAsync();
        using var response = await SendAsync(server.Admin, Lines(1), "application/json", query.Replace("{long}", new string('n', 256), StringComparison.Ordinal));
        await response.ProblemAsync((HttpStatusCode)status, code, member);
        Assert.Empty(await IdsAsync(server.Admin));
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("nonsense")]
    public async Task Another_media_type_is_refused(string type)
    {
        await using var server = await StartAsync();
        using var response = await SendAsync(server.Admin, Lines(1), type);
        await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType, "media_type_unsupported");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_is_too_large_is_refused_and_leaves_nothing(bool chunked)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(settings: new ServerSettings { MaxBodyBytes = 64 << 10 }, folder: folder.Path);
        var before = Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal);
        using (var response = await SendAsync(server.Admin, Lines(16_000), "application/x-ndjson", chunked: chunked))
        {
            var problem = await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
            Assert.Contains("1048576 bytes", problem.Text("detail"), StringComparison.Ordinal);
        }

        Assert.Empty(await IdsAsync(server.Admin));
        Assert.Equal(before, Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));

        // Larger than another body may be, a file still is taken.
        Assert.Equal((1500, 0), Numbers(await ImportAsync(server.Admin, Lines(1500))));
        Assert.DoesNotContain(Directory.GetFiles(folder.Path), f => Path.GetFileName(f).StartsWith("import-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_owner_sees_nothing_of_it_and_has_a_copy_of_their_own()
    {
        await using var server = await StartAsync();
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob" });
        Assert.Equal((3, 0), Numbers(await ImportAsync(ada, Lines(3))));
        Assert.Empty(await IdsAsync(bob));
        Assert.Empty((await bob.GetJsonAsync("/api/v1/sessions?q=Question")).GetProperty("sessions").EnumerateArray());
        foreach (var id in await IdsAsync(ada))
        {
            using var foreign = await bob.GetAsync($"/api/v1/sessions/{id}", Limits.Token);
            await foreign.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");
        }

        Assert.Equal((3, 0), Numbers(await ImportAsync(bob, Lines(3))));
        Assert.Empty((await IdsAsync(ada)).Intersect(await IdsAsync(bob), StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_caller_that_goes_away_in_the_middle_leaves_whole_conversations_and_the_same_file_completes_them()
    {
        const int Count = 15_000;
        var logs = new LogLines();
        await using var server = await StartAsync(logs: logs);
        using (var gone = new CancellationTokenSource())
        {
            var sent = SendAsync(server.Admin, Lines(Count), "application/x-ndjson", cancellationToken: gone.Token);
            await FirstAsync(server.Admin);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        }

        await Limits.UntilAsync(() => logs.Text.Split('\n').Any(l => l.Contains("Request finished", StringComparison.Ordinal) && l.Contains(Route, StringComparison.Ordinal)));
        var taken = await IdsAsync(server.Admin);
        Assert.InRange(taken.Count, 1, Count - 1);
        foreach (var id in taken.Take(20))
        {
            Assert.Equal(2, (await server.Admin.EntriesAsync(id)).Count);
        }

        Assert.Equal((Count - taken.Count, taken.Count), Numbers(await ImportAsync(server.Admin, Lines(Count))));
        Assert.Empty(logs.Errors);
    }

    [Fact]
    public async Task A_server_that_stops_in_the_middle_says_what_it_took()
    {
        const int Count = 15_000;
        using var folder = new TempFolder();
        JsonElement report;
        await using (var server = await StartAsync(folder: folder.Path))
        {
            var sent = ImportAsync(server.Admin, Lines(Count));
            await FirstAsync(server.Admin);
            await server.Host.StopAsync();
            report = await sent;
        }

        Assert.Equal("import_stopped", report.GetProperty("interrupted").Text("code"));
        var taken = report.Number("imported");
        Assert.InRange(taken, 1, Count - 1);
        await using var again = await StartAsync(folder: folder.Path);
        Assert.Equal((Count - taken, taken), Numbers(await ImportAsync(again.Admin, Lines(Count))));
    }

    [Fact]
    public async Task A_file_has_a_bound_on_its_conversations()
    {
        const int Most = 20_000;
        await using var server = await StartAsync();
        var report = await ImportAsync(server.Admin, Lines(Most + 1));
        Assert.Equal((Most, 0), Numbers(report));
        Assert.Equal("too_many_conversations", report.GetProperty("interrupted").Text("code"));
    }

    [Fact]
    public async Task An_owner_sends_few_files_at_once_and_does_not_stand_in_the_way_of_others()
    {
        await using var server = await StartAsync();
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob" });
        using var patient = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = Limits.Wait }) { BaseAddress = ada.BaseAddress, Timeout = Limits.Wait };
        patient.DefaultRequestHeaders.Authorization = ada.DefaultRequestHeaders.Authorization;
        patient.DefaultRequestHeaders.ExpectContinue = true;
        var rest = new TaskCompletionSource();

        // Of less than a kibibyte a client sends the body after a refusal, too.
        var slow = Enumerable.Range(0, 5).Select(_ => patient.PostAsync(Route, new SlowFile(Lines(20), rest.Task), Limits.Token)).ToList();

        // Four have a place, and wait for the rest of their files.
        var first = await Task.WhenAny(slow).Soon();
        using (var refused = await first)
        {
            await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "too_many_imports");
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        slow.Remove(first);
        Assert.Equal((1, 0), Numbers(await ImportAsync(bob, Lines(1))));
        rest.SetResult();
        foreach (var sent in slow)
        {
            using var response = await sent;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal((0, 20), Numbers(await ImportAsync(ada, Lines(20))));
    }

    private static Task<TestServer> StartAsync(bool hasTauroBot = false, ServerSettings? settings = null, string? folder = null, LogLines? logs = null) => TestServer.StartAsync(
        r =>
        {
            r.Models.Add("fixed", new FixedChatClient("Yes.", TimeSpan.Zero));
            if (hasTauroBot)
            {
                r.Agents.Add(new AgentDefinition { Name = "taurobot" });
            }
        },
        settings, folder, logs: logs);

    private static byte[] Lines(int count) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(n =>
        $$"""{"messages":[{"role":"user","content":"Question {{n}}"},{"role":"assistant","content":"Answer {{n}}"}]}{{'\n'}}""")));

    private static (int Imported, int Known) Numbers(JsonElement report) => (report.Number("imported"), report.Number("known"));

    private static Task<JsonElement> ImportAsync(HttpClient client, string text, string? type = null, string query = "") => ImportAsync(client, Encoding.UTF8.GetBytes(text), type, query);

    private static async Task<JsonElement> ImportAsync(HttpClient client, byte[] bytes, string? type = null, string query = "")
    {
        using var response = await SendAsync(client, bytes, type, query);
        return await response.JsonAsync();
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, byte[] bytes, string? type, string query = "", bool chunked = false, CancellationToken cancellationToken = default)
    {
        var content = new ByteArrayContent(bytes);
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return PostAsync(client, content, query, chunked, cancellationToken);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, HttpContent content, string query = "", bool chunked = false, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Route + query) { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        // A refusal before the body is read would be lost with the connection that the rest of the body breaks.
        request.Headers.ExpectContinue = !chunked && content.Headers.ContentLength > 64 << 10;
        return await client.SendAsync(request, cancellationToken == default ? Limits.Token : cancellationToken);
    }

    private static async Task FirstAsync(HttpClient client)
    {
        var limit = Limits.Token;
        while ((await client.GetJsonAsync("/api/v1/sessions?limit=1")).GetProperty("sessions").GetArrayLength() == 0)
        {
            // The import is at work when there is a session.
            limit.ThrowIfCancellationRequested();
        }
    }

    private static async Task<HashSet<string>> IdsAsync(HttpClient client)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (string? before = ""; before is not null;)
        {
            var page = await client.GetJsonAsync($"/api/v1/sessions?limit=200&before={before}");
            ids.UnionWith(page.GetProperty("sessions").EnumerateArray().Select(s => s.Text("id")));
            before = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        return ids;
    }

    /// <summary>A body whose second half comes when the test says so.</summary>
    private sealed class SlowFile : HttpContent
    {
        private readonly byte[] _bytes;
        private readonly Task _rest;

        public SlowFile(byte[] bytes, Task rest)
        {
            (_bytes, _rest) = (bytes, rest);
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_bytes.AsMemory(0, _bytes.Length / 2));
            await stream.FlushAsync();
            await _rest;
            await stream.WriteAsync(_bytes.AsMemory(_bytes.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _bytes.Length;
            return true;
        }
    }
}
