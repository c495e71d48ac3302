using System.Globalization;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

/// <summary><c>troupe import</c> with the real program and a real server.</summary>
public sealed class ImportTests
{
    private const string Heading = "Members that Troupe does not know:\n";

    [Theory]
    [InlineData("openai-array.json", "openai", "note 0 [system] You are a lighthouse keeper.|user 1 Is the lamp lit?|assistant 2 It is.\nSince dusk.")]
    [InlineData("openai-object.json", "openai", "user 0 What is the wind?|tool_call 1 {\"at\":\"north\"}|tool_result 2 force 6|assistant 3 A strong breeze.|note 4 *\"model\":\"keeper-1\"*\"4\":{\"refusal\":\"none\"}*")]
    [InlineData("near-misses.json", "openai", "user 0 Good evening.|assistant 1 Good evening to you.")]
    [InlineData("message-lines.jsonl", "jsonl", "user 0 First line|assistant 1 Second line")]
    [InlineData("medsim-session.json", "medsim", "user 0 What brings you here?|assistant 1 My throat hurts.|note 2 [examiner] Temperature 38.4|note 3 *\"student\":\"Student 4\"*\"mode\":\"practice\"*\"2\":{\"mood\":\"worried\"}*")]
    [InlineData("troupe-export.json", "troupe", "user 0 Which door?|assistant 1 The red one.|assistant 1 The blue one.")]
    public async Task A_file_becomes_a_session(string name, string format, string lines)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var summary = (await ImportAsync(folder, Fixture(name), "--json")).Json();
        var file = Assert.Single(summary.GetProperty("files").EnumerateArray());
        Assert.Equal(format, file.Text("format"));
        Assert.Equal(1, file.Number("new"));
        var session = Assert.Single(summary.GetProperty("sessions").EnumerateArray());
        var entries = await client.EntriesAsync(session.Text("id"));
        Assert.Equal(session.Number("entries"), entries.Count);
        AssertLines(lines, entries);
    }

    [Fact]
    public async Task Many_conversations_of_a_file_become_sessions_of_their_own()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        Assert.Equal(
            ["gull: user 0 Three?|assistant 1 Three.|note 2 {\"session\":{\"case\":\"gull\"}}", "One?: user 0 One?|assistant 1 One.", "Two?: user 0 Two?|assistant 1 Two."],
            await ReadAsync(client, (await ImportAsync(folder, Fixture("lines.jsonl"), "--json")).Json()));
        Assert.Equal(
            [
                "TauroBot: pebble: user 0 Hi|assistant 1 Hello|note 2 {\"session\":{\"mood\":\"calm\"}}|note 3 {\"session\":{\"version\":2}}",
                "TauroBot: river: user 0 My kite is green.|assistant 1 A green kite, then.|note 2 {\"session\":{\"version\":2}}",
            ],
            await ReadAsync(client, (await ImportAsync(folder, Fixture("taurobot-memory.json"), "--json")).Json()));
        Assert.Equal(
            ["TauroBot: pebble: user 0 So did I.", "TauroBot: river: user 0 I moved."],
            await ReadAsync(client, (await ImportAsync(folder, Fixture("taurobot-users.json"), "--json")).Json()));
    }

    [Fact]
    public async Task Branches_of_a_tree_are_kept_and_the_chosen_one_goes_on()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var summary = (await ImportAsync(folder, Fixture("chatgpt-conversations.json"), "--json")).Json();
        var id = summary.GetProperty("sessions").EnumerateArray().First(s => s.Number("entries") > 2).Text("id");
        var entries = await client.EntriesAsync(id);
        AssertLines(
            "user 0 Name a sea.|assistant 1 The Calm Sea.|user 2 Another one.|assistant 3 The Loud Sea.|assistant 1 The Far Sea.|note 5 *\"update_time\"*\"5\":{\"metadata\":*keeper-1*", entries);
        Assert.Equal("2026-01-01T00:00:00.5000000+00:00", entries[0].GetProperty("at").GetDateTimeOffset().ToString("O", CultureInfo.InvariantCulture));
        var session = await client.GetJsonAsync($"/api/v1/sessions/{id}");
        Assert.Equal(5, session.Number("head"));
        Assert.Equal("Sea names", session.Text("title"));
        await client.PostJsonAsync($"/api/v1/sessions/{id}/turns", new { message = "Why far?" });
        Assert.Equal(5, (await client.EntriesAsync(id))[6].Number("parent"));
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"a\ud83d"}]""", "user 0 a\uFFFD")]
    [InlineData("""{"troupe_export":1,"head":3,"entries":[{"seq":1,"parent":0,"role":"user","text":"a"},{"seq":2,"parent":1,"role":"erased","text":""},{"seq":3,"parent":1,"role":"assistant","text":"b"}]}""", "user 0 a|erased 1 |assistant 1 b")]
    [InlineData("""[{"role":"user","content":"a\u0000b"}]""", "user 0 a\uFFFDb")]
    [InlineData("""[{"role":"user","content":["a",{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"x"}}]}]""", "user 0 a\nb\n[image_url]|note 1 *\"content\":*image_url*")]
    [InlineData("""[{"role":"user","content":"a","time":"yesterday"}]""", "user 0 a|note 1 *\"time\":\"yesterday\"*")]
    [InlineData("""[{"role":"user","content":""},{"role":"assistant","content":"b"}]""", "assistant 0 b")]
    [InlineData("""{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}""", "user 0 a|assistant 1 b")]
    [InlineData("\uFEFF[{\"role\":\"USER\",\"content\":\"a\"}]", "user 0 a")]
    public async Task Near_misses_are_taken(string text, string lines)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "x.json"), text, Limits.Token);
        var summary = (await ImportAsync(folder, "x.json", "--json")).Json();
        AssertLines(lines, await client.EntriesAsync(Assert.Single(summary.GetProperty("sessions").EnumerateArray()).Text("id")));
    }

    [Fact]
    public async Task Times_are_read_as_text_seconds_and_milliseconds()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "x.json"),
            """
            [{"role":"user","content":"a","time":"2026-01-01T02:00:00+02:00"},{"role":"user","content":"b","timestamp":1767225600},{"role":"user","content":"c","created_at":1767225600000},
             {"role":"user","content":"d","timestamp":"1767225600.0"},{"role":"user","content":"e","time":"2026-01-01 00:00:00"},{"role":"user","content":"f"}]
            """, Limits.Token);
        var summary = (await ImportAsync(folder, "x.json", "--json")).Json();
        var entries = await client.EntriesAsync(summary.GetProperty("sessions")[0].Text("id"));
        Assert.Equal(6, entries.Count);
        Assert.All(entries, e => Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1767225600), e.GetProperty("at").GetDateTimeOffset()));
    }

    [Fact]
    public async Task A_thousand_files_of_which_fifty_are_broken_are_taken_once_and_taken_back()
    {
        using var folder = new TempFolder();
        var files = Directory.CreateDirectory(Path.Combine(folder.Path, "files")).FullName;
        string[] broken =
        [
            "", "   ", "{", "[{\"role\":\"user\",\"content\":\"a\"}", "[]", "{}", "null", "\"text\"", "12", "[1,2]", "{\"messages\":[]}", "{\"messages\":{}}", "[{\"role\":\"user\"}]",
            "[{\"content\":\"a\"}]", "[{\"role\":\"user\",\"content\":5}]", "[{\"role\":\"user\",\"content\":\"a\"},7]", "{\"mapping\":{}}", "{\"mapping\":{\"a\":{\"parent\":\"b\"},\"b\":{\"parent\":\"a\"}}}",
            "{\"troupe_export\":1}", "{\"troupe_export\":9,\"entries\":[]}", "{\"troupe_export\":1,\"entries\":[{\"seq\":2,\"role\":\"user\",\"text\":\"a\"}]}", "\u0089PNG\r\n", "<html></html>",
            "[{\"role\":\"user\",\"content\":\"a\"}] trailing", string.Concat(Enumerable.Repeat("[", 100)),
        ];
        for (var i = 0; i < 1000; i++)
        {
            var text = i % 20 == 7 ? broken[i / 20 % broken.Length] : $$"""{"id":"s{{i}}","messages":[{"role":"user","content":"Question {{i}}"},{"role":"assistant","content":"Answer {{i}}"}]}""";
            await File.WriteAllTextAsync(Path.Combine(files, $"{i:0000}.json"), text, Limits.Token);
        }

        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var first = (await ImportAsync(folder, "files", "--json", "--summary", "first.json")).Json(1);
        Assert.Equal(1000, first.GetProperty("files").GetArrayLength());
        var refused = first.GetProperty("files").EnumerateArray().Where(f => f.GetProperty("refused").GetArrayLength() > 0).ToList();
        Assert.Equal(Enumerable.Range(0, 50).Select(n => $"files/{(n * 20) + 7:0000}.json"), refused.Select(f => f.Text("path").Replace('\\', '/')));
        Assert.All(refused, f => Assert.All(f.GetProperty("refused").EnumerateArray(), r => Assert.NotEmpty(r.Text("where") + r.Text("reason"))));
        Assert.Equal(950, Ids(first, isNew: true).Count);
        var again = (await ImportAsync(folder, "files", "--json", "--summary", "again.json")).Json(1);
        Assert.Empty(Ids(again, isNew: true));
        Assert.Equal(Ids(first, isNew: true), Ids(again, isNew: false));
        Assert.Equal(950, await CountAsync(client));

        // Taking back what made nothing takes nothing.
        Assert.Empty((await ImportAsync(folder, "--undo", "again.json", "--json")).Json().GetProperty("deleted").EnumerateArray());
        var used = Ids(first, isNew: true).First();
        await client.PostJsonAsync($"/api/v1/sessions/{used}/turns", new { message = "Go on." });
        var undone = (await ImportAsync(folder, "--undo", "first.json", "--json")).Json(1);
        Assert.Equal(949, undone.GetProperty("deleted").GetArrayLength());
        Assert.Equal(used, Assert.Single(undone.GetProperty("kept").EnumerateArray()).Text("id"));
        Assert.Equal(1, await CountAsync(client));
        Assert.Equal(949, (await ImportAsync(folder, "--undo", "first.json", "--json")).Json(1).GetProperty("gone").GetArrayLength());
    }

    [Fact]
    public async Task Large_files_are_read_piece_by_piece_up_to_the_place_where_they_break_off()
    {
        const int Count = 60;
        using var folder = new TempFolder();
        var words = new string('w', 50_000);
        var nodes = Enumerable.Range(0, Count).Select(n => $$"""
            {"conversation_id":"c{{n}}","mapping":{"a":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["{{n}} {{words}}"]} },"parent":null,"children":[]} } }
            """);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "tree.json"), $"[{string.Join(',', nodes)}, {{", Limits.Token);
        var users = Enumerable.Range(0, Count).Select(n => $$""" "user {{n}}": [{"role": "user", "content": "{{n}} {{words}}"}]""");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "users.json"), $$"""{"users": { {{string.Join(',', users)}} } }""", Limits.Token);
        var summary = (await ImportAsync(folder, "tree.json", "users.json", "--json")).Json(1);
        var (tree, memory) = (summary.GetProperty("files")[0], summary.GetProperty("files")[1]);
        Assert.Equal(("chatgpt", Count), (tree.Text("format"), tree.Number("new")));
        Assert.StartsWith("line ", Assert.Single(tree.GetProperty("refused").EnumerateArray()).Text("where"), StringComparison.Ordinal);
        Assert.Equal(("taurobot", Count), (memory.Text("format"), memory.Number("new")));
        Assert.Empty(memory.GetProperty("refused").EnumerateArray());
    }

    [Fact]
    public async Task A_conversation_that_the_server_finds_too_large_is_refused_and_the_others_are_taken()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_DATA", Path.Combine(folder.Path, "data")), ("TROUPE_MODEL", "fixed"), ("TROUPE_MAX_BODY", "100000"));
        var large = string.Join(',', Enumerable.Range(0, 60).Select(n => $$"""{"role":"user","content":"{{n}} {{new string('x', 50_000)}}" }"""));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "lines.jsonl"), $$"""
            {"messages":[{{large}}]}
            {"messages":[{"role":"user","content":"small"}]}
            """, Limits.Token);
        var summary = (await ImportAsync(folder, "lines.jsonl", "--json")).Json(1);
        var file = summary.GetProperty("files")[0];
        Assert.Equal(1, file.Number("new"));
        var refused = Assert.Single(file.GetProperty("refused").EnumerateArray());
        Assert.Equal("line 1", refused.Text("where"));
        Assert.Contains("1600000 bytes", refused.Text("reason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_import_that_is_ended_in_the_middle_is_completed_by_the_same_command(bool kill)
    {
        const int Count = 4000;
        using var folder = new TempFolder();
        await File.WriteAllLinesAsync(
            Path.Combine(folder.Path, "lines.jsonl"),
            Enumerable.Range(0, Count).Select(n => $$"""{"messages":[{"role":"user","content":"Question {{n}}"},{"role":"assistant","content":"Answer {{n}}"}]}"""), Limits.Token);
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        using var command = CommandProcess.Start(folder.Path, "import", "lines.jsonl", "--summary", "first.json", "--json");
        while ((await client.GetJsonAsync("/api/v1/sessions?limit=50")).GetProperty("sessions").GetArrayLength() < 50)
        {
            // The command is at work when there are sessions.
        }

        var ended = kill ? await command.KillAsync() : await command.InterruptAsync();
        var between = await CountAsync(client);
        Assert.InRange(between, 50, Count - 1);
        var first = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(folder.Path, "first.json"), Limits.Token));
        Assert.True(first.GetProperty("interrupted").GetBoolean());
        if (!kill)
        {
            Assert.Equal(130, ended.ExitCode);
            Assert.Equal(between, Ids(first, isNew: true).Count);
        }

        var second = (await ImportAsync(folder, "lines.jsonl", "--json")).Json();
        Assert.False(second.GetProperty("interrupted").GetBoolean());

        // What a killed command had sent may have arrived after the count.
        var known = Ids(second, isNew: false).Count;
        Assert.InRange(known, between, kill ? between + 1 : between);
        Assert.Equal(Count - known, Ids(second, isNew: true).Count);
        Assert.Equal(Count, await CountAsync(client));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_import_that_was_killed_is_taken_back_and_nothing_else_is_also_after_the_same_command_completed_it(bool hasServer)
    {
        const int Count = 8000;
        using var folder = new TempFolder();
        var data = Path.Combine(folder.Path, "data");
        await File.WriteAllLinesAsync(
            Path.Combine(folder.Path, "lines.jsonl"),
            Enumerable.Range(0, Count).Select(n => $$"""{"messages":[{"role":"user","content":"Question {{n}}"},{"role":"assistant","content":"Answer {{n}}"}]}"""), Limits.Token);
        await File.WriteAllLinesAsync(
            Path.Combine(folder.Path, "former.jsonl"), (await File.ReadAllLinesAsync(Path.Combine(folder.Path, "lines.jsonl"), Limits.Token)).Take(20), Limits.Token);
        await using var server = hasServer ? await StartAsync(folder) : null;
        var former = Ids((await ImportAsync(folder, "former.jsonl", "--json")).Json(), isNew: true);
        Assert.Equal(20, former.Count);
        using (var command = CommandProcess.Start(folder.Path, "import", "lines.jsonl", "--summary", "first.json"))
        {
            var limit = Limits.Token;
            while (LinesOf(Path.Combine(folder.Path, "first.json.journal")) < 200)
            {
                // The journal has each session before the server is asked for it.
                limit.ThrowIfCancellationRequested();
            }

            await command.KillAsync();
        }

        // As a full disk or a torn page would leave it.
        await File.AppendAllTextAsync(Path.Combine(folder.Path, "first.json.journal"), """{"id":"0199""", Limits.Token);
        var completed = await ImportAsync(folder, "lines.jsonl", "--summary", "first.json", "--json");
        Assert.Contains("is now 'first-2.json'", completed.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder.Path, "first.json.journal")));
        var made = Ids(completed.Json(), isNew: false);
        Assert.Superset(former, made);
        made.ExceptWith(former);
        Assert.InRange(made.Count, 150, Count - 21);
        var kept = new SortedSet<string>(StringComparer.Ordinal);
        if (server is not null)
        {
            using var client = server.Client();
            kept.Add(made.First());
            await client.PostJsonAsync($"/api/v1/sessions/{made.First()}/turns", new { message = "Go on." });
        }

        var undone = (await ImportAsync(folder, "--undo", "first-2.json", "--json")).Json(hasServer ? 1 : 0);
        Assert.Equal(kept, undone.GetProperty("kept").EnumerateArray().Select(k => k.Text("id")));
        Assert.Equal(made.Except(kept), undone.GetProperty("deleted").EnumerateArray().Select(d => d.GetString()!).Order(StringComparer.Ordinal));
        Assert.Empty(undone.GetProperty("gone").EnumerateArray());

        // What others brought in is still there, and what was taken back can come again.
        var again = (await ImportAsync(folder, "lines.jsonl", "--json")).Json();
        Assert.Equal(made.Count - kept.Count, Ids(again, isNew: true).Count);
        Assert.Equal(Count, Ids(again, isNew: true).Count + Ids(again, isNew: false).Count);
        Assert.Superset(former, Ids(again, isNew: false));

        static int LinesOf(string path)
        {
            using var reader = File.Exists(path) ? new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)) : StreamReader.Null;
            return reader.ReadToEnd().Count(c => c == '\n');
        }
    }

    [Fact]
    public async Task A_journal_that_is_none_is_refused()
    {
        using var folder = new TempFolder();
        await ImportAsync(folder, Fixture("openai-array.json"), "--summary", "first.json");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "first.json.journal"), "nonsense\n{}\n", Limits.Token);
        var undone = await ImportAsync(folder, "--undo", "first.json");
        Assert.Equal(2, undone.ExitCode);
        Assert.Contains("'first.json.journal' is no journal of an import", undone.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_needs_no_server()
    {
        using var folder = new TempFolder();
        var summary = (await ImportAsync(folder, Fixture(""), "--dry-run", "--json")).Json();
        Assert.True(summary.GetProperty("dry_run").GetBoolean());
        Assert.Equal(17, summary.GetProperty("files").EnumerateArray().Sum(f => f.Number("conversations")));
        Assert.Empty(summary.GetProperty("sessions").EnumerateArray());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Without_a_server_the_command_opens_the_data_itself_and_writes_a_summary()
    {
        using var folder = new TempFolder();
        var first = await ImportAsync(folder, Fixture("openai-array.json"));
        Assert.True(first.ExitCode == 0, first.Errors);
        Assert.Contains("1 sessions are new, 0 were there already", first.Output, StringComparison.Ordinal);
        var path = Assert.Single(Directory.GetFiles(folder.Path, "troupe-import-*.json"));
        var summary = JsonElement.Parse(await File.ReadAllTextAsync(path, Limits.Token));
        Assert.Equal(1, summary.Number("troupe_import"));
        Assert.StartsWith("openai:", summary.GetProperty("sessions")[0].Text("origin"), StringComparison.Ordinal);

        // A summary is no conversation, and a file under another name is the same conversation.
        File.Copy(Fixture("openai-array.json"), Path.Combine(folder.Path, "renamed.json"));
        var again = (await ImportAsync(folder, ".", "--json")).Json();
        Assert.Equal(Ids(summary, isNew: true), Ids(again, isNew: false));
        Assert.Equal(2, (await ImportAsync(folder, Path.GetFileName(path))).ExitCode);
        Assert.Equal(0, (await ImportAsync(folder, "--undo", Path.GetFileName(path))).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_command_and_the_route_of_files_know_what_the_other_has_taken(bool commandFirst)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client();
        var byCommand = commandFirst ? (await ImportAsync(folder, Fixture(""), "--json")).Json() : default;
        var byRoute = new List<JsonElement>();
        foreach (var file in Directory.GetFiles(Fixture("")))
        {
            using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file, Limits.Token));
            using var response = await client.PostAsync("/api/v1/import", content, Limits.Token);
            byRoute.Add(await response.JsonAsync());
        }

        byCommand = commandFirst ? byCommand : (await ImportAsync(folder, Fixture(""), "--json")).Json();
        Assert.Equal(commandFirst ? (0, 17) : (17, 0), (byRoute.Sum(r => r.Number("imported")), byRoute.Sum(r => r.Number("known"))));
        var ids = Ids(byCommand, isNew: commandFirst);
        Assert.Equal(ids, byRoute.SelectMany(r => r.GetProperty("sessions").EnumerateArray()).Select(s => s.Text("id")).Order(StringComparer.Ordinal));

        // Both give TauroBot's memory to TauroBot.
        var agents = new List<string>();
        foreach (var id in ids)
        {
            agents.Add((await client.GetJsonAsync($"/api/v1/sessions/{id}")).Text("agent"));
        }

        Assert.Equal(6, agents.Count(a => a == "taurobot"));
    }

    [Fact]
    public async Task A_backup_is_made_before_sessions_are_added_to_others_or_its_absence_is_said()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(folder);
        using var client = server.Client(await File.ReadAllTextAsync(Path.Combine(folder.Path, "data", "server.token"), Limits.Token));
        await client.NewSessionAsync();
        using var backup = await client.SendAsync(HttpMethod.Post, "/api/v1/backups", "{}");
        var summary = (await ImportAsync(folder, Fixture("openai-array.json"), "--json")).Json();
        Assert.Equal(backup.IsSuccessStatusCode, summary.GetProperty("backup").ValueKind == JsonValueKind.String);
        Assert.NotEqual(backup.IsSuccessStatusCode, summary.GetProperty("backup_note").ValueKind == JsonValueKind.String);
    }

    [Theory]
    [InlineData("--format", "chatgpt", "medsim-session.json", "looks like medsim", 2)]
    [InlineData("--format", "troupe", "chatgpt-conversations.json", "looks like chatgpt", 2)]
    [InlineData("--format", "openai", "medsim-session.json", "", 0)]
    [InlineData("--format", "jsonl", "lines.jsonl", "", 0)]
    [InlineData("--agent", "nobody-of-that-name", "openai-array.json", "nobody-of-that-name", 1)]
    public async Task What_is_asked_for_is_checked(string option, string value, string name, string said, int exitCode)
    {
        using var folder = new TempFolder();
        var result = await ImportAsync(folder, Fixture(name), option, value);
        Assert.True(exitCode == result.ExitCode, $"{result.ExitCode} {result.Output} {result.Errors}");
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_in_a_line_each_and_does_not_stop_the_rest()
    {
        using var folder = new TempFolder();
        var place = folder.Path;
        Directory.CreateDirectory(Path.Combine(place, "empty"));
        Directory.CreateDirectory(Path.Combine(place, "folder.json"));
        File.CreateSymbolicLink(Path.Combine(place, "circle"), "circle");
        await File.WriteAllBytesAsync(Path.Combine(place, "binary.json"), [0, 1, 2, 3], Limits.Token);
        await File.WriteAllBytesAsync(Path.Combine(place, "latin.json"), "[{\"role\":\"user\",\"content\":\"caf\u00e9\"}]"u8.ToArray().Select((b, i) => b == 0xC3 ? (byte)0xE9 : b).ToArray(), Limits.Token);
        await File.WriteAllTextAsync(Path.Combine(place, "wide.json"), "[]", System.Text.Encoding.Unicode, Limits.Token);
        await File.WriteAllTextAsync(Path.Combine(place, "lines.jsonl"), "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n{broken\n{\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}\n", Limits.Token);
        await File.WriteAllTextAsync(Path.Combine(place, "long.json"), $$"""[{"role":"user","content":"{{new string('x', 1_000_001)}}"}]""", Limits.Token);
        foreach (var (name, size) in new[] { ("zeros.json", 1L << 30), ("large.json", (1L << 30) + 1) })
        {
            await using var sparse = File.Create(Path.Combine(place, name));
            sparse.SetLength(size);
        }

        var result = await ImportAsync(
            folder, "empty", "folder.json", "circle", "absent.json", "binary.json", "latin.json", "wide.json", "lines.jsonl", "long.json", "zeros.json", "large.json", Fixture("openai-array.json"));
        Assert.True(result.ExitCode == 1, $"{result.ExitCode} {result.Output} {result.Errors}");
        var lines = result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith("troupe: '", StringComparison.Ordinal)).ToList();
        Assert.Equal(11, lines.Count);
        foreach (var (name, said) in new[]
        {
            ("empty", "no files"), ("folder.json", "no files"), ("circle", "cannot be read"), ("absent.json", "cannot be read"), ("binary.json", "byte 0: It is no JSON"), ("latin.json", "UTF-8"),
            ("wide.json", "UTF-16"), ("lines.jsonl", "line 2"), ("long.json", "message 1"), ("zeros.json", "no JSON"), ("large.json", "at most"),
        })
        {
            Assert.Contains(lines, l => l.StartsWith($"troupe: '{name}'", StringComparison.Ordinal) && l.Contains(said, StringComparison.Ordinal));
        }

        Assert.Contains("3 sessions are new", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Name files", "import")]
    [InlineData("no files", "import", "empty")]
    [InlineData("cannot be read", "import", "--undo", "absent.json")]
    [InlineData("cannot be read", "import", "--undo", "empty")]
    [InlineData("no summary", "import", "--undo", "other.json")]
    [InlineData("Leave out the files", "import", "--undo", "other.json", "other.json")]
    [InlineData("cannot be written", "import", "good.json", "--summary", "other.json/x.json")]
    public async Task A_command_that_cannot_be_done_says_so_and_ends_with_2(string said, params string[] arguments)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "other.json"), "{}", Limits.Token);
        File.Copy(Fixture("openai-array.json"), Path.Combine(folder.Path, "good.json"));
        var result = await CommandProcess.RunAsync(folder.Path, arguments);
        Assert.True(result.ExitCode == 2, $"{result.ExitCode} {result.Output} {result.Errors}");
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    private static Task<ServerProcess> StartAsync(TempFolder folder) => ServerProcess.StartAsync(
        folder.Path, ("TROUPE_DATA", Path.Combine(folder.Path, "data")), ("TROUPE_MODEL", "fixed"));

    private static Task<CommandProcess.CommandResult> ImportAsync(TempFolder folder, params string[] arguments) => CommandProcess.RunAsync(folder.Path, ["import", .. arguments]);

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", "import", name);

    private static SortedSet<string> Ids(JsonElement summary, bool isNew) =>
        new(summary.GetProperty("sessions").EnumerateArray().Where(s => s.GetProperty("new").GetBoolean() == isNew).Select(s => s.Text("id")), StringComparer.Ordinal);

    private static async Task<int> CountAsync(HttpClient client)
    {
        var count = 0;
        for (string? before = ""; before is not null;)
        {
            var page = await client.GetJsonAsync($"/api/v1/sessions?limit=200&before={before}");
            count += page.GetProperty("sessions").GetArrayLength();
            before = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        return count;
    }

    /// <summary>The new sessions of an import, each as its title and lines.</summary>
    private static async Task<List<string>> ReadAsync(HttpClient client, JsonElement summary)
    {
        var sessions = new List<string>();
        foreach (var id in Ids(summary, isNew: true))
        {
            var title = (await client.GetJsonAsync($"/api/v1/sessions/{id}")).Text("title");
            sessions.Add($"{title}: {string.Join('|', (await client.EntriesAsync(id)).Select(LineOf))}".Replace(Heading, "", StringComparison.Ordinal));
        }

        sessions.Sort(StringComparer.OrdinalIgnoreCase);
        return sessions;
    }

    private static string LineOf(JsonElement entry) => $"{entry.Text("role")} {entry.Number("parent")} {entry.Text("text")}";

    /// <summary>Compares lines as "role parent text"; a star stands for anything, and notes of unknown members have their heading.</summary>
    private static void AssertLines(string expected, List<JsonElement> entries)
    {
        var lines = expected.Split('|');
        Assert.Equal(lines.Length, entries.Count);
        foreach (var (line, entry) in lines.Zip(entries))
        {
            var parts = line.Split('*');
            if (parts.Length == 1)
            {
                Assert.Equal(line, LineOf(entry));
                continue;
            }

            var text = LineOf(entry);
            Assert.StartsWith(parts[0] + Heading, text, StringComparison.Ordinal);
            Assert.All(parts, p => Assert.Contains(p, text, StringComparison.Ordinal));
        }
    }
}
