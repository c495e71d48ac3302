using System.Globalization;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Models.Mcp;
using Troupe.Sessions;
using Troupe.Sqlite;
using Troupe.Storage;

namespace Troupe.Tests.Tools;

/// <summary>A runtime whose agent has the tools of a server that misbehaves as it is told.</summary>
internal sealed class McpStage : IAsyncDisposable
{
    public const string Secret = "the-secret-of-the-server";

    private readonly TempFolder _folder = new();
    private readonly bool _keep;

    public McpStage(
        string mode = "", Func<McpServerOptions, McpServerOptions>? change = null, string? description = null, string? data = null, TimeProvider? time = null, IReadOnlyList<string>? tools = null)
    {
        _keep = data is not null;
        Data = data ?? _folder.Path;
        Options = new McpServerOptions
        {
            Name = "odd",
            Command = "node",
            Arguments = [Path.Combine(House.Root, "tests", "fixtures", "mcp", "misbehaving.mjs")],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["MODE"] = mode,
                ["NOTES"] = NotesPath,
                ["DESCRIPTION"] = description ?? "Looks.",
                ["SECRET"] = Secret,
            },
        };
        Options = change?.Invoke(Options) ?? Options;
        Server = new McpServer(Options, SeenTools.Open(Path.Combine(Data, SeenTools.FileName)), time, Log);
        Runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = Data }));
        Runtime.Models.Add("mine", Model);
        Runtime.Tools.Add(Server);
        Runtime.Agents.Add(new AgentDefinition { Name = "guide", Tools = tools ?? ["odd__*"] });
    }

    public string Data { get; }

    public string NotesPath => Path.Combine(Data, "notes.txt");

    /// <summary>What the server has noted so far.</summary>
    public string[] Notes
    {
        get
        {
            using var reader = File.Exists(NotesPath)
                ? new StreamReader(new FileStream(NotesPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
                : StreamReader.Null;
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    public McpServerOptions Options { get; }

    public McpServer Server { get; }

    public AgentRuntime Runtime { get; }

    public ScriptedChatClient Model { get; } = new();

    public McpLog Log { get; } = new();

    public async Task<string> NewAsync() => (await Runtime.Sessions.CreateAsync("ada", "guide", Durability.Durable)).Record.Id;

    public async Task<(Session Session, Turn Turn)> SayAsync(string id, string message = "Go.", string? key = null) =>
        await Runtime.Sessions.SubmitAsync(id, "ada", new TurnInput { Message = message, Key = key }, Limits.Token);

    /// <summary>One turn in which the model calls a tool and then answers.</summary>
    /// <returns>How the call came out, and what the model read of it.</returns>
    public async Task<(string Status, string Text)> CallAsync(string name, string arguments = "{}", string? id = null)
    {
        var (session, turn) = await SayAsync(id ?? await NewAsync());
        Ask(await Model.NextAsync(), name, arguments);
        (await Model.NextAsync()).Finish("Done.");
        Assert.Equal(TurnState.Completed, (await session.WaitAsync(turn, Limits.Token)).State);
        var result = session.Page(0, 999).Last(e => e.Role == EntryRole.ToolResult);
        return (ToolData.Read(result)!.Status!, result.Text);
    }

    /// <summary>One turn without calls.</summary>
    /// <returns>The tools that the model was told of.</returns>
    public async Task<IReadOnlyList<AIFunction>> LookAsync()
    {
        var (session, turn) = await SayAsync(await NewAsync());
        var call = await Model.NextAsync();
        call.Finish("Done.");
        Assert.Equal(TurnState.Completed, (await session.WaitAsync(turn, Limits.Token)).State);
        return [.. call.Options!.Tools?.OfType<AIFunction>() ?? []];
    }

    /// <summary>Waits until the server has noted something.</summary>
    public async Task<string> NotedAsync(string beginning, int count = 1)
    {
        using var changed = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(Data) { EnableRaisingEvents = true };
        watcher.Changed += (_, _) => changed.Release();
        watcher.Created += (_, _) => changed.Release();
        var limit = Limits.Token;
        while (true)
        {
            if (Notes.Where(n => n.StartsWith(beginning, StringComparison.Ordinal)).ElementAtOrDefault(count - 1) is { } note)
            {
                return note;
            }

            await changed.WaitAsync(limit);
        }
    }

    /// <summary>The number after a note.</summary>
    public async Task<int> ProcessAsync(string beginning, int count = 1) =>
        int.Parse((await NotedAsync(beginning, count)).Split(' ')[1], CultureInfo.InvariantCulture);

    public static void Ask(ScriptedChatClient.Call call, string name, string arguments = "{}", string id = "x")
    {
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read(id, name, arguments)]) { FinishReason = ChatFinishReason.ToolCalls });
        call.Updates.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        if (!_keep)
        {
            Assert.DoesNotContain(Secret, Log.Text, StringComparison.Ordinal);
        }

        _folder.Dispose();
    }
}
