using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

/// <summary>The real program with a real MCP server, of which an agent in a file has a tool.</summary>
public sealed class McpProcessTests
{
    [Fact]
    public async Task After_a_SIGKILL_in_the_middle_of_an_unsafe_call_a_person_decides_and_nothing_is_done_twice()
    {
        using var folder = new TempFolder();
        await using var provider = await FakeProvider.StartAsync(Calls("odd__hang"), FakeProvider.Says("I leave it."));
        Prepare(folder);
        string session;
        int tools;
        await using (var server = await StartAsync(folder, provider))
        {
            using var client = server.Client();
            Assert.Empty(Notes(folder));
            session = (await client.PostJsonAsync("/api/v1/sessions", new { agent = "guide" })).Text("id");
            var asked = client.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns", """{"message":"Go."}""", "key-1");
            await NotedAsync(folder, "call hang");
            tools = int.Parse(Notes(folder)[0].Split(' ')[1], CultureInfo.InvariantCulture);
            await server.KillAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => asked);
        }

        // A server whose host is gone reads the end of its input.
        await GoneAsync(tools);
        await using (var server = await StartAsync(folder, provider))
        {
            using var client = server.Client();
            var question = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Go." }, "key-1");
            Assert.Equal("waiting", question.Text("status"));
            using var no = await client.SendAsync(
                HttpMethod.Post, $"/api/v1/sessions/{session}/turns/{question.Text("turn_id")}/approvals", """{"call_id":"call_1","approve":false}""");
            await no.JsonAsync();
            var answer = await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Go." }, "key-1");
            Assert.Equal(("completed", "I leave it."), (answer.Text("status"), answer.Text("reply")));
            Assert.Single(Notes(folder), n => n == "call hang");
            Assert.DoesNotContain("key-of-the-tool", server.Output + server.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_is_ended_with_the_program()
    {
        using var folder = new TempFolder();
        await using var provider = await FakeProvider.StartAsync(Calls("odd__look"), FakeProvider.Says("A door."));
        Prepare(folder);
        await using var server = await StartAsync(folder, provider);
        using var client = server.Client();
        Assert.Equal("A door.", (await client.PostJsonAsync("/api/v1/agent/prompt", new { agent = "guide", message = "Look." })).Text("reply"));
        var second = await SecondAsync(provider);
        Assert.Equal("a door", second.RootElement.GetProperty("messages").EnumerateArray().Last().Text("content"));
        second.Dispose();
        var tools = int.Parse(Notes(folder)[0].Split(' ')[1], CultureInfo.InvariantCulture);

        Assert.Equal(0, await server.TerminateAsync());
        await GoneAsync(tools);
    }

    [Theory]
    [InlineData("""{"mcpServers": {"odd": {"command": "node", "colour": "red"}}}""", "'mcp.json' at mcpServers.odd.colour is not known")]
    [InlineData("""{"mcpServers": {"odd": {"command": "node", "env": {"KEY": "${NOT_SET_ANYWHERE}"}}}}""", "'mcp.json' at mcpServers.odd.env.KEY names the variable 'NOT_SET_ANYWHERE'")]
    [InlineData("{", "'mcp.json' line 1")]
    public async Task A_mistake_in_the_file_of_servers_stops_the_start(string text, string told)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "mcp.json"), text, Limits.Token);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(told, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.db"));
    }

    private static void Prepare(TempFolder folder)
    {
        File.WriteAllText(Path.Combine(folder.Path, "mcp.json"), JsonSerializer.Serialize(new
        {
            mcpServers = new
            {
                odd = new
                {
                    command = "node",
                    args = new[] { Path.Combine(House.Root, "tests", "fixtures", "mcp", "misbehaving.mjs") },
                    env = new { NOTES = Path.Combine(folder.Path, "notes.txt"), SECRET = "${TOOL_KEY}" },
                },
            },
        }));
        Directory.CreateDirectory(Path.Combine(folder.Path, "agents"));
        File.WriteAllText(Path.Combine(folder.Path, "agents", "guide.yaml"), "name: guide\ntools: [odd__look, odd__hang]\n");
    }

    private static Task<ServerProcess> StartAsync(TempFolder folder, FakeProvider provider) => ServerProcess.StartAsync(
        folder.Path, ("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", provider.BaseUrl.ToString()), ("OPENAI_MODEL", "m"), ("TOOL_KEY", "the-key-of-the-tool"));

    private static Func<FakeProvider.Exchange, Task> Calls(string tool) => FakeProvider.Events(
        JsonSerializer.Serialize(new
        {
            id = "c1",
            choices = new[] { new { index = 0, delta = new { tool_calls = new[] { new { index = 0, id = "call_1", type = "function", function = new { name = tool, arguments = "{}" } } } } } },
        }),
        FakeProvider.Finish("tool_calls"), "[DONE]");

    private static async Task<JsonDocument> SecondAsync(FakeProvider provider)
    {
        await provider.NextAsync();
        return JsonDocument.Parse((await provider.NextAsync()).Body);
    }

    private static string[] Notes(TempFolder folder) =>
        File.Exists(Path.Combine(folder.Path, "notes.txt")) ? File.ReadAllLines(Path.Combine(folder.Path, "notes.txt")) : [];

    private static async Task NotedAsync(TempFolder folder, string note)
    {
        using var changed = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(folder.Path, "notes.txt") { EnableRaisingEvents = true };
        watcher.Changed += (_, _) => changed.Release();
        watcher.Created += (_, _) => changed.Release();
        var limit = Limits.Token;
        while (!Notes(folder).Contains(note, StringComparer.Ordinal))
        {
            await changed.WaitAsync(limit);
        }
    }

    private static async Task GoneAsync(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync(Limits.Token);
        }
        catch (ArgumentException)
        {
            // It has gone already.
        }
    }
}
