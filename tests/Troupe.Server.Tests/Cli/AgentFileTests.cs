using System.Net;
using System.Text.Json;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

/// <summary>Agents that an operator writes into files, in the real program.</summary>
public sealed class AgentFileTests
{
    private const string Guide = """
        name: guide
        description: Shows the way.
        instructions: You are the old guide.
        temperature: 0.5
        max_output_tokens: 200
        context_tokens: 4096
        input: merge
        durability: batched
        save_every: 5
        max_waiting: 10
        max_tool_rounds: 2
        max_tool_calls: 4
        parallel_tools: 2
        greeting: Good day, I am the guide.
        facts:
          - The bridge is closed on Mondays.
          - The ferry leaves at nine.
        """;

    [Fact]
    public async Task An_agent_of_a_file_is_there_and_says_what_it_knows()
    {
        using var folder = new TempFolder();
        Write(folder, "guide.yaml", Guide);
        await using var server = await ServerProcess.StartAsync(folder.Path);
        using var client = server.Client();

        var agents = (await client.GetJsonAsync("/api/v1/agents")).GetProperty("agents").EnumerateArray().ToList();
        var guide = agents.Single(a => a.Text("name") == "guide");
        Assert.Equal(("Shows the way.", "batched", "merge"), (guide.Text("description"), guide.Text("durability"), guide.Text("input")));
        var reply = await client.PostJsonAsync("/api/v1/agent/prompt", new { agent = "guide", message = "When does the ferry leave?" });
        Assert.Contains("nine", reply.Text("reply"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_mistake_of_every_file_is_said_with_its_place_before_anything_is_made()
    {
        using var folder = new TempFolder();
        Write(folder, "a.yaml", "name: Bad Name\ntemperature: 3\ncolour: red\ntools: [nothing__x]\nmodel: gpt\n");
        Write(folder, "b.yaml", "name: twin\ninput: push\nmax_waiting: 1.5\ninstructions: x\ninstructions_file: y.md\nfacts: one\n");
        Write(folder, "c.yaml", "name: twin\n");
        Write(folder, "d.yaml", "name: twin\n");
        Write(folder, "e.yaml", "name: assistant\n");
        Write(folder, "f.yml", "name: f\n  broken: [\n");
        Write(folder, "g.yaml", "- a list\n");
        Write(folder, "h.yaml", "description: no name\n");
        Write(folder, "i.yaml", "name: i\nname: j\n");
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path);

        Assert.Equal((2, ""), (code, output));
        foreach (var told in new[]
        {
            "a.yaml' line 1 column 7: 'name' is 'Bad Name'", "a.yaml' line 2 column 14: 'temperature' is '3'", "a.yaml' line 3 column 1: There is no member 'colour'",
            "a.yaml' line 4 column 9: There is no tool 'nothing__x'", "a.yaml' line 5 column 8: 'model' is 'gpt', which there is not. There are: offline",
            "b.yaml' line 2 column 8: 'input' is 'push'; it must be queue or", "b.yaml' line 3 column 14: 'max_waiting' is '1.5'; it must be a whole number from 1 to 1000",
            "b.yaml' line 5 column 20: There are 'instructions' and an 'instructions_file'", "b.yaml' line 5 column 20: 'instructions_file' is 'y.md'", "b.yaml' line 6 column 8: 'facts' must be a list",
            "d.yaml' line 1 column 7: The name 'twin' is taken by", "e.yaml' line 1 column 7: The name 'assistant' is taken by the program itself",
            "f.yml' line 2", "g.yaml' line 1 column 1: This is not one map", "h.yaml' line 1 column 1: The member 'name' is missing", "i.yaml' line 2",
        })
        {
            Assert.Contains(told, errors, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(folder.Path, "*.db"));
    }

    [Fact]
    public async Task A_folder_that_is_named_and_not_there_stops_the_start()
    {
        using var folder = new TempFolder();
        var (code, _, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("TROUPE_AGENTS", "nowhere"));
        Assert.Equal(2, code);
        Assert.Contains("TROUPE_AGENTS is 'nowhere'", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_holds_from_the_next_turn_of_a_loaded_session_and_a_broken_one_changes_nothing()
    {
        using var folder = new TempFolder();
        await using var provider = await FakeProvider.StartAsync(FakeProvider.Says("Yes."));
        Write(folder, "guide.yaml", "name: guide\ninstructions_file: texts/guide.md\n");
        Directory.CreateDirectory(Path.Combine(folder.Path, "agents", "texts"));
        Write(folder, "texts/guide.md", "You are the old guide.");
        await using var server = await ServerProcess.StartAsync(
            folder.Path, ("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", provider.BaseUrl.ToString()), ("OPENAI_MODEL", "m"));
        using var client = server.Client();
        var session = (await client.PostJsonAsync("/api/v1/sessions", new { agent = "guide" })).Text("id");
        Assert.Equal("You are the old guide.", await ToldAsync());

        Write(folder, "texts/guide.md", "You are the new guide.");
        await server.SaidAsync("The agent guide is now as in");
        Assert.Equal("You are the new guide.", await ToldAsync());

        Write(folder, "guide.yaml", "name: guide\ntemperature: hot\ninput: push\n");
        await server.SaidAsync("guide.yaml' line 2 column 14");
        await server.SaidAsync("guide.yaml' line 3 column 8");
        Assert.Equal("You are the new guide.", await ToldAsync());

        Write(folder, "other.yaml", "name: other\n");
        await server.SaidAsync("The agent other is now as in");
        File.Delete(Path.Combine(folder.Path, "agents", "guide.yaml"));
        await server.SaidAsync("The agent guide is gone");
        Assert.Equal(6, (await client.EntriesAsync(session)).Count);
        using var refused = await client.SendAsync(HttpMethod.Post, "/api/v1/sessions", """{"agent":"guide"}""");
        await refused.ProblemAsync(HttpStatusCode.BadRequest, "agent_not_found");
        var turn = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Still there?" });
        Assert.Equal("agent_not_found", turn.GetProperty("error").Text("code"));

        Write(folder, "guide.yaml", "name: guide\ninstructions: You are back.\n");
        await server.SaidAsync("The agent guide is now as in", 2);
        Assert.Equal("You are back.", await ToldAsync());

        async Task<string> ToldAsync()
        {
            await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Where am I?" });
            var exchange = await provider.NextAsync();
            using var body = JsonDocument.Parse(exchange.Body);
            var first = body.RootElement.GetProperty("messages")[0];
            Assert.Equal("system", first.Text("role"));
            return first.Text("content");
        }
    }

    [Fact]
    public async Task A_folder_that_comes_while_the_program_runs_is_found_and_so_is_the_one_after_it()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path);
        using var client = server.Client();
        Write(folder, "guide.yaml", "name: guide\n");
        await server.SaidAsync("The agent guide is now as in");
        Assert.Equal("Shows.", await DescribedAsync(folder, client, server, "Shows.", 2));

        // While it is away its agents stay.
        Directory.Move(Path.Combine(folder.Path, "agents"), Path.Combine(folder.Path, "away"));
        await server.SaidAsync("cannot be read; its agents stay as they are");
        Assert.Equal("Shows.", await FindAsync(client));

        // One that was made beside and renamed is another folder than was watched, and each of its changes is seen as well.
        Directory.CreateDirectory(Path.Combine(folder.Path, "beside"));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "beside", "guide.yaml"), "name: guide\ndescription: Is back.\n", Limits.Token);
        Directory.Move(Path.Combine(folder.Path, "beside"), Path.Combine(folder.Path, "agents"));
        await server.SaidAsync("The agent guide is now as in", 3);
        Assert.Equal("Is back.", await FindAsync(client));
        Assert.Equal("Stays.", await DescribedAsync(folder, client, server, "Stays.", 4));
        File.Delete(Path.Combine(folder.Path, "agents", "guide.yaml"));
        await server.SaidAsync("The agent guide is gone");
        Assert.Null(await FindAsync(client));

        static async Task<string?> DescribedAsync(TempFolder folder, HttpClient client, ServerProcess server, string description, int count)
        {
            Write(folder, "guide.yaml", $"name: guide\ndescription: {description}\n");
            await server.SaidAsync("The agent guide is now as in", count);
            return await FindAsync(client);
        }

        static async Task<string?> FindAsync(HttpClient client) =>
            (await client.GetJsonAsync("/api/v1/agents")).GetProperty("agents").EnumerateArray().Where(a => a.Text("name") == "guide").Select(a => a.Text("description")).SingleOrDefault();
    }

    private static void Write(TempFolder folder, string name, string text)
    {
        // Renamed into its place, as careful editors do.
        var path = Path.Combine(folder.Path, "agents", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
