using System.Globalization;
using System.Net;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Sessions;

public sealed class SessionRouteTests
{
    [Fact]
    public async Task A_session_is_made_read_renamed_archived_and_deleted()
    {
        await using var server = await StartAsync();
        using var made = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/sessions", """{"agent":"assistant"}""");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var id = (await made.JsonAsync()).Text("id");
        Assert.Equal($"/api/v1/sessions/{id}", made.Headers.Location?.ToString());
        await server.Admin.PostJsonAsync($"/api/v1/sessions/{id}/turns", new { message = "What is a quorum?\nSay it briefly." });
        var view = await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}");
        Assert.Equal("What is a quorum?", view.Text("title"));
        Assert.Equal("assistant", view.Text("agent"));
        Assert.Equal(2, view.Number("head"));

        using (var renamed = await server.Admin.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{id}", """{"title":"Quorums","archived":true}"""))
        {
            Assert.Equal("Quorums", (await renamed.JsonAsync()).Text("title"));
        }

        Assert.Empty((await server.Admin.GetJsonAsync("/api/v1/sessions")).GetProperty("sessions").EnumerateArray());
        var line = Assert.Single((await server.Admin.GetJsonAsync("/api/v1/sessions?archived=true")).GetProperty("sessions").EnumerateArray());
        Assert.True(line.GetProperty("archived").GetBoolean());
        for (var time = 0; time < 2; time++)
        {
            using var deleted = await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}");
            Assert.Equal(time == 0 ? HttpStatusCode.NoContent : HttpStatusCode.NotFound, deleted.StatusCode);
        }
    }

    [Fact]
    public async Task Sessions_are_listed_newest_first_in_pages_and_found_by_their_words()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(options: new() { Time = time });
        var ids = new List<string>();
        for (var n = 0; n < 25; n++)
        {
            time.Advance(TimeSpan.FromMinutes(2));
            ids.Add((await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = $"Thing {n} 100% _odd_" })).Text("session_id"));
        }

        var listed = new List<string>();
        for (string? before = ""; before is not null;)
        {
            var page = await server.Admin.GetJsonAsync($"/api/v1/sessions?limit=10&before={before}");
            listed.AddRange(page.GetProperty("sessions").EnumerateArray().Select(s => s.Text("id")));
            before = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        Assert.Equal(Enumerable.Reverse(ids), listed);
        Assert.Equal(1, await FoundAsync("Thing 17"));
        Assert.Equal(25, await FoundAsync("to thing"));
        Assert.Equal(25, await FoundAsync("100% _odd_"));
        Assert.Equal(0, await FoundAsync("100%odd"));
        Assert.Equal(0, await FoundAsync("Thing_17"));
        Assert.Equal(0, await FoundAsync("'; DROP TABLE sessions; --"));

        async Task<int> FoundAsync(string text) =>
            (await server.Admin.GetJsonAsync($"/api/v1/sessions?limit=200&q={Uri.EscapeDataString(text)}")).GetProperty("sessions").GetArrayLength();
    }

    [Fact]
    public async Task A_search_says_where_the_words_stand_and_what_stands_around_them()
    {
        await using var server = await StartAsync();
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        var text = string.Join(' ', Enumerable.Range(0, 60).Select(n => $"before{n}")) + "\nthe blue   DOOR leads\n" + string.Join(' ', Enumerable.Range(0, 60).Select(n => $"after{n}"));
        var told = (await ada.PostJsonAsync("/api/v1/agent/prompt", new { message = "Something else" })).Text("session_id");
        await ada.PostJsonAsync($"/api/v1/sessions/{told}/turns", new { message = text });
        var titled = (await ada.PostJsonAsync("/api/v1/sessions", new { })).Text("id");
        using (var renamed = await ada.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{titled}", """{"title":"Blue door"}"""))
        {
            Assert.False((await renamed.JsonAsync()).TryGetProperty("found", out _));
        }

        var lines = (await ada.GetJsonAsync("/api/v1/sessions?q=door%20")).GetProperty("sessions").EnumerateArray().ToList();
        var line = Assert.Single(lines);
        Assert.Equal((told, 3), (line.Text("id"), line.GetProperty("found").Number("seq")));
        var excerpt = line.GetProperty("found").Text("excerpt");
        Assert.Contains(" the blue DOOR leads after0 ", excerpt, StringComparison.Ordinal);
        Assert.Matches("^…before[0-9]+ .* after[0-9]+…$", excerpt);
        Assert.InRange(excerpt.Length, 120, 162);

        lines = [.. (await ada.GetJsonAsync("/api/v1/sessions?q=door")).GetProperty("sessions").EnumerateArray()];
        Assert.Equal(new[] { titled, told }.Order(StringComparer.Ordinal), lines.Select(l => l.Text("id")).Order(StringComparer.Ordinal));
        Assert.False(lines.Single(l => l.Text("id") == titled).TryGetProperty("found", out _));
        Assert.All((await ada.GetJsonAsync("/api/v1/sessions")).GetProperty("sessions").EnumerateArray(), l => Assert.False(l.TryGetProperty("found", out _)));
        Assert.Empty((await server.Admin.GetJsonAsync("/api/v1/sessions?q=door")).GetProperty("sessions").EnumerateArray());
    }

    [Fact]
    public async Task A_log_comes_in_pages_without_gap_or_repeat()
    {
        await using var server = await StartAsync();
        var id = await server.Admin.NewSessionAsync();
        for (var n = 0; n < 12; n++)
        {
            await server.Admin.PostJsonAsync($"/api/v1/sessions/{id}/turns", new { message = $"{n}" });
        }

        var seqs = new List<int>();
        for (int? after = 0; after is not null;)
        {
            var page = await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}?limit=7&after={after}");
            seqs.AddRange(page.GetProperty("entries").EnumerateArray().Select(e => e.Number("seq")));
            after = page.TryGetProperty("next", out var next) ? next.GetInt32() : null;
        }

        Assert.Equal(Enumerable.Range(1, 24), seqs);
        Assert.Empty((await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}?after=2147483647")).GetProperty("entries").EnumerateArray());
    }

    [Theory]
    [InlineData("durable")]
    [InlineData("batched")]
    public async Task Every_reply_says_what_may_be_relied_on_and_a_good_end_saves_it(string durability)
    {
        using var folder = new TempFolder();
        string id;
        await using (var server = await StartAsync(folder.Path))
        {
            id = (await server.Admin.PostJsonAsync("/api/v1/sessions", new { durability })).Text("id");
            var reply = await server.Admin.PostJsonAsync($"/api/v1/sessions/{id}/turns", new { message = "Hello" }, "k");
            Assert.Equal(durability, reply.Text("durability"));
            using var events = await EventReader.OpenAsync(server.Admin, HttpMethod.Post, $"/api/v1/sessions/{id}/turns", new { message = "Again" });
            ServerEvent? last = null;
            while (await events.NextAsync() is { } next)
            {
                last = next;
            }

            Assert.Equal(durability, last!.Data.Text("durability"));
            Assert.Equal(durability, (await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}")).Text("durability"));
        }

        await using (var server = await StartAsync(folder.Path))
        {
            Assert.Equal(["Hello", "to Hello", "Again", "to Again"], (await server.Admin.EntriesAsync(id)).Select(e => e.Text("text")));
            var reply = await server.Admin.PostJsonAsync($"/api/v1/sessions/{id}/turns", new { message = "Hello" }, "k");
            Assert.Equal(2, reply.Number("seq"));
        }
    }

    [Fact]
    public async Task Another_answer_and_another_way_are_branches_and_the_head_says_where_it_goes_on()
    {
        using var folder = new TempFolder();
        string id;
        await using (var server = await StartAsync(folder.Path))
        {
            id = await server.Admin.NewSessionAsync();
            await SayAsync(server, """{"message":"one"}""");
            await SayAsync(server, """{"message":"two"}""");
            Assert.Equal(5, await SayAsync(server, """{"regenerate":3}"""));
            Assert.Equal(7, await SayAsync(server, """{"message":"instead","parent":2}"""));
            Assert.Equal(9, await SayAsync(server, """{"message":"anew","parent":0}"""));
            using (var moved = await server.Admin.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{id}", """{"head":4}"""))
            {
                await moved.JsonAsync();
            }

            Assert.Equal(4, (await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}")).Number("head"));
        }

        await using (var server = await StartAsync(folder.Path))
        {
            Assert.Equal(4, (await server.Admin.GetJsonAsync($"/api/v1/sessions/{id}")).Number("head"));
            Assert.Equal(11, await SayAsync(server, """{"message":"after all"}"""));
            var parents = (await server.Admin.EntriesAsync(id)).Select(e => e.Number("parent"));
            Assert.Equal([0, 1, 2, 3, 3, 2, 6, 0, 8, 4, 10], parents);
            using var markdown = await server.Admin.GetAsync($"/api/v1/sessions/{id}/export?format=markdown", Limits.Token);
            var text = await markdown.Content.ReadAsStringAsync(Limits.Token);
            Assert.Contains("after all", text, StringComparison.Ordinal);
            Assert.DoesNotContain("instead", text, StringComparison.Ordinal);
        }

        async Task<int> SayAsync(TestServer server, string body)
        {
            using var response = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", body);
            return (await response.JsonAsync()).Number("seq");
        }
    }

    [Fact]
    public async Task An_export_comes_back_as_it_was()
    {
        await using var server = await StartAsync();
        var id = await server.Admin.NewSessionAsync();
        foreach (var body in new[] { """{"message":"# one\n\"quoted\" 🐉"}""", """{"message":"two"}""", """{"regenerate":3}""", """{"message":"anew","parent":0}""" })
        {
            using var said = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", body);
            await said.JsonAsync();
        }

        using (var changed = await server.Admin.SendAsync(HttpMethod.Patch, $"/api/v1/sessions/{id}", """{"head":5,"title":"A “title”","archived":true}"""))
        {
            await changed.JsonAsync();
        }

        using var export = await server.Admin.GetAsync($"/api/v1/sessions/{id}/export?format=json", Limits.Token);
        var text = await export.Content.ReadAsStringAsync(Limits.Token);
        Assert.Equal($"session-{id}.json", export.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var imported = await ada.SendAsync(HttpMethod.Post, "/api/v1/sessions/import", text);
        var copy = (await imported.JsonAsync()).Text("id");
        Assert.NotEqual(id, copy);
        using var again = await ada.GetAsync($"/api/v1/sessions/{copy}/export", Limits.Token);
        var before = JsonElement.Parse(text);
        var after = JsonElement.Parse(await again.Content.ReadAsStringAsync(Limits.Token));
        foreach (var member in new[] { "troupe_export", "agent", "title", "durability", "head" })
        {
            Assert.Equal(before.GetProperty(member).GetRawText(), after.GetProperty(member).GetRawText());
        }

        Assert.Equal(Lines(before), Lines(after));
        var reply = await ada.PostJsonAsync($"/api/v1/sessions/{copy}/turns", new { message = "Go on." });
        Assert.Equal(9, reply.Number("seq"));
        Assert.Equal(5, (await ada.EntriesAsync(copy))[7].Number("parent"));

        static IEnumerable<string> Lines(JsonElement export) => export.GetProperty("entries").EnumerateArray()
            .Select(e => $"{e.Number("seq")} {e.Number("parent")} {e.Text("role")} {e.GetProperty("at").GetDateTimeOffset().ToString("O", CultureInfo.InvariantCulture)} {e.Text("text")}");
    }

    [Fact]
    public async Task A_session_that_is_not_loaded_is_exported_from_the_store_and_stays_unloaded()
    {
        using var folder = new TempFolder();
        List<string> formats = ["json", "markdown"];
        string id;
        List<string> loaded;
        await using (var server = await StartAsync(folder.Path))
        {
            id = await server.Admin.NewSessionAsync();
            foreach (var body in new[] { """{"message":"one"}""", """{"message":"two"}""", """{"regenerate":3}""", """{"message":"three","parent":2}""" })
            {
                using var said = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{id}/turns", body);
                await said.JsonAsync();
            }

            loaded = await ExportsAsync(server);
        }

        await using var again = await StartAsync(folder.Path);
        Assert.Equal(loaded, await ExportsAsync(again));
        Assert.DoesNotContain("two", loaded[1], StringComparison.Ordinal);
        Assert.Equal((0, 0), (again.Runtime.Sessions.Statistics.Loaded, again.Runtime.Sessions.Statistics.Misses));
        using var ada = await again.ClientWithKeyAsync(new { owner = "ada" });
        using var foreign = await ada.GetAsync($"/api/v1/sessions/{id}/export", Limits.Token);
        await foreign.ProblemAsync(HttpStatusCode.NotFound, "session_not_found");

        async Task<List<string>> ExportsAsync(TestServer server)
        {
            List<string> texts = [];
            foreach (var format in formats)
            {
                texts.Add(await server.Admin.GetStringAsync($"/api/v1/sessions/{id}/export?format={format}", Limits.Token));
            }

            return texts;
        }
    }

    [Fact]
    public async Task A_large_export_is_taken_back()
    {
        await using var server = await StartAsync(settings: new ServerSettings { MaxBodyBytes = 16 << 20 });
        var entries = Enumerable.Range(0, 3000).Select(n => new { role = n % 2 == 0 ? "user" : "assistant", text = new string('x', 1500) });
        var id = (await server.Admin.PostJsonAsync("/api/v1/sessions/import", new { entries })).Text("id");
        using var export = await server.Admin.GetAsync($"/api/v1/sessions/{id}/export", Limits.Token);
        var text = await export.Content.ReadAsStringAsync(Limits.Token);
        Assert.InRange(text.Length, 4 << 20, 16 << 20);
        using var again = await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/sessions/import", text);
        Assert.Equal(3000, (await server.Admin.EntriesAsync((await again.JsonAsync()).Text("id"))).Count);
    }

    [Fact]
    public async Task An_origin_is_imported_once_for_each_owner_also_at_once_and_again_after_it_was_deleted()
    {
        using var folder = new TempFolder();
        const string Body = """{"origin":"elsewhere:1","entries":[{"role":"user","text":"Hello"}]}""";
        string id;
        await using (var server = await StartAsync(folder.Path))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ImportAsync(server.Admin)));
            id = Assert.Single(answers.Select(a => a.Id).Distinct(StringComparer.Ordinal));
            Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
            Assert.Equal(7, answers.Count(a => a.Status == HttpStatusCode.OK));
            using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
            var theirs = await ImportAsync(ada);
            Assert.Equal(HttpStatusCode.Created, theirs.Status);
            Assert.NotEqual(id, theirs.Id);
        }

        await using (var server = await StartAsync(folder.Path))
        {
            Assert.Equal((HttpStatusCode.OK, id), await ImportAsync(server.Admin));
            Assert.Single(await server.Admin.EntriesAsync(id));
            using var deleted = await server.Admin.DeleteAsync($"/api/v1/sessions/{id}", Limits.Token);
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
            var anew = await ImportAsync(server.Admin);
            Assert.Equal(HttpStatusCode.Created, anew.Status);
            Assert.NotEqual(id, anew.Id);
        }

        static async Task<(HttpStatusCode Status, string Id)> ImportAsync(HttpClient client)
        {
            using var response = await client.SendAsync(HttpMethod.Post, "/api/v1/sessions/import", Body);
            return (response.StatusCode, (await response.JsonAsync()).Text("id"));
        }
    }

    [Fact]
    public async Task An_import_gets_the_id_that_it_asks_for_unless_somebody_has_it()
    {
        using var folder = new TempFolder();
        var id = new string('a', 31) + '1';
        await using (var first = await StartAsync(folder.Path))
        {
            using var owner = await first.ClientWithKeyAsync(new { owner = "ada" });
            Assert.Equal((HttpStatusCode.Created, id), await ImportAsync(owner, "one"));
        }

        // Now it is only on disk.
        await using var server = await StartAsync(folder.Path);
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        var taken = await ImportAsync(server.Admin, "two");
        Assert.Equal(HttpStatusCode.Created, taken.Status);
        Assert.NotEqual(id, taken.Id);
        Assert.Equal("one", Assert.Single(await ada.EntriesAsync(id)).Text("text"));
        Assert.Equal("two", Assert.Single(await server.Admin.EntriesAsync(taken.Id)).Text("text"));

        // At once, each gets one of its own.
        id = new string('b', 32);
        var ids = (await Task.WhenAll(Enumerable.Range(0, 8).Select(n => ImportAsync(ada, $"{n}")))).Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(8, ids.Count);
        Assert.Contains(id, ids);

        async Task<(HttpStatusCode Status, string Id)> ImportAsync(HttpClient client, string text)
        {
            using var response = await client.SendAsync(HttpMethod.Post, "/api/v1/sessions/import", $$"""{"new_id":"{{id}}","entries":[{"role":"user","text":"{{text}}"}]}""");
            return (response.StatusCode, (await response.JsonAsync()).Text("id"));
        }
    }

    private static Task<TestServer> StartAsync(string? folder = null, ServerSettings? settings = null, Troupe.Agents.AgentRuntimeOptions? options = null) => TestServer.StartAsync(
        r => r.Models.Add("scripted", new ScriptedChatClient { Reply = messages => $"to {messages[^1].Text}" }), settings, folder, options);
}
