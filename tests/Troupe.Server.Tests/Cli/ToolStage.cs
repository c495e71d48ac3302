using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

/// <summary>What the real program needs around it for an agent whose tool has an effect outside: a model that asks for the tool as it is told in
/// the message (<c>push the bell</c>) and then says what the tool answered; an MCP server that counts the effects in a file and stops at gates.</summary>
internal sealed class ToolStage : IAsyncDisposable
{
    private const string Notes = "notes.txt";

    private readonly TempFolder _folder = new();
    private readonly ConcurrentDictionary<string, Moment> _moments = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _invalid = new();
    private readonly List<string> _killed = [];
    private FakeProvider? _provider;

    private ToolStage()
    {
    }

    /// <summary>The data folder, and where the program runs.</summary>
    public string Folder => _folder.Path;

    /// <summary>The model was asked these, in which a call has no result or a result no call.</summary>
    public IReadOnlyCollection<string> InvalidRequests => _invalid;

    private FakeProvider Provider => _provider!;

    private string NotesPath => Path.Combine(Folder, Notes);

    /// <param name="needsApproval">Whether a person is asked before each push.</param>
    public static async Task<ToolStage> OpenAsync(bool needsApproval = false)
    {
        var stage = new ToolStage();
        stage._provider = await FakeProvider.StartAsync(stage.AnswerAsync);
        Directory.CreateDirectory(Path.Combine(stage.Folder, "gates"));
        Directory.CreateDirectory(Path.Combine(stage.Folder, "agents"));
        await File.WriteAllTextAsync(Path.Combine(stage.Folder, "agents", "guide.yaml"), "name: guide\ntools: [lab__push, lab__look]\n", Limits.Token);
        await File.WriteAllTextAsync(
            Path.Combine(stage.Folder, "mcp.json"),
            JsonSerializer.Serialize(new
            {
                mcpServers = new
                {
                    lab = new
                    {
                        command = "node",
                        args = new[] { Path.Combine(House.Root, "tests", "fixtures", "mcp", "counted.mjs") },
                        env = new { NOTES = stage.NotesPath, GATES = Path.Combine(stage.Folder, "gates") },
                        kinds = new { look = "pure", push = "unsafe" },
                        needs_approval = needsApproval ? new[] { "push" } : [],
                    },
                },
            }),
            Limits.Token);
        return stage;
    }

    /// <summary>Starts the program.</summary>
    public Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) => ServerProcess.StartAsync(
        Folder, [("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", Provider.BaseUrl.ToString()), ("OPENAI_MODEL", "m"), .. settings]);

    /// <summary>Lets the MCP server stop at a gate: <c>start</c>, <c>effect</c> or <c>answer</c>.</summary>
    public void Close(string gate) => File.WriteAllText(GatePath(gate), "");

    public void Open(string gate) => File.Delete(GatePath(gate));

    /// <summary>Lets the model wait when the last thing that it is told is this.</summary>
    public void Hold(string told) => MomentOf(told).Passed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release(string told) => MomentOf(told).Passed!.SetResult();

    /// <summary>The model has been asked with this as the last thing that it is told.</summary>
    public Task ReachedAsync(string told) => MomentOf(told).Reached.Task.Soon();

    /// <summary>How often a thing has been pushed.</summary>
    public int Effects(string what) => Noted("effect").Count(w => w == what);

    /// <summary>Waits until the MCP server has noted something so many times.</summary>
    public async Task NotedAsync(string note, int count = 1)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        var limit = Limits.Token;
        while (Noted().Count(n => n.StartsWith(note, StringComparison.Ordinal)) < count)
        {
            Assert.False(limit.IsCancellationRequested, $"'{note}' was not noted {count} times: {string.Join(", ", Noted())}");
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Ends the MCP server that was started last, without its host.</summary>
    public void KillTools()
    {
        var id = Noted("started").Last();
        using var process = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
        process.Kill();
        _killed.Add(id);
    }

    /// <summary>Waits until no MCP server of a killed program does anything more: each reads the end of its input, and may have an effect before that.</summary>
    public async Task GoneAsync()
    {
        foreach (var id in Noted("started").Except(_killed, StringComparer.Ordinal))
        {
            await NotedAsync($"ended {id}");
        }
    }

    /// <summary>Nothing can be written to the database until this is disposed: as if the disk took that long.</summary>
    public async Task<IDisposable> BlockWritesAsync()
    {
        // In SQLite's WAL mode the one who writes holds this byte of the shared memory's file; see "The WAL Write Lock" in its file format.
        const int WriteLock = 120;
        if (OperatingSystem.IsMacOS())
        {
            throw new PlatformNotSupportedException("Files cannot be locked in part.");
        }

        var shared = new FileStream(Path.Combine(Folder, "troupe.db-shm"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var limit = Limits.Token;
        while (true)
        {
            try
            {
                shared.Lock(WriteLock, 1);
                return shared;
            }
            catch (IOException)
            {
                // Something is just being written.
                limit.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync();
        await GoneAsync();
        _folder.Dispose();
    }

    private static bool IsValid(JsonElement messages)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in messages.EnumerateArray())
        {
            if (message.Text("role") == "tool")
            {
                if (!open.Remove(message.Text("tool_call_id")))
                {
                    return false;
                }

                continue;
            }

            if (open.Count > 0)
            {
                return false;
            }

            if (message.TryGetProperty("tool_calls", out var calls))
            {
                open.UnionWith(calls.EnumerateArray().Select(c => c.Text("id")));
            }
        }

        return open.Count == 0;
    }

    private async Task AnswerAsync(FakeProvider.Exchange exchange)
    {
        using var request = JsonDocument.Parse(exchange.Body);
        var messages = request.RootElement.GetProperty("messages");
        if (!IsValid(messages))
        {
            _invalid.Enqueue(exchange.Body);
        }

        var last = messages.EnumerateArray().Last();
        var told = last.Text("content");
        var moment = MomentOf(told);
        moment.Reached.TrySetResult();
        if (moment.Passed is { } passed)
        {
            await passed.Task.Soon();
        }

        await (last.Text("role") == "tool" ? FakeProvider.Says($"It said: {told}") : Calls(told))(exchange);
    }

    private static Func<FakeProvider.Exchange, Task> Calls(string told)
    {
        var words = told.Split(' ', 2);
        var call = new { index = 0, id = "call_1", type = "function", function = new { name = $"lab__{words[0]}", arguments = JsonSerializer.Serialize(new { what = words[1] }) } };
        return FakeProvider.Events(
            JsonSerializer.Serialize(new { id = "c1", choices = new[] { new { index = 0, delta = new { tool_calls = new[] { call } } } } }), FakeProvider.Finish("tool_calls"), "[DONE]");
    }

    private Moment MomentOf(string told) => _moments.GetOrAdd(told, _ => new Moment());

    private string GatePath(string gate) => Path.Combine(Folder, "gates", gate);

    /// <summary>The other word of the notes that begin with a word.</summary>
    private List<string> Noted(string word) => [.. Noted().Select(n => n.Split(' ', 2)).Where(w => w[0] == word).Select(w => w[1])];

    private string[] Noted()
    {
        if (!File.Exists(NotesPath))
        {
            return [];
        }

        // Up to the last end of a line: what follows is just being written.
        using var reader = new StreamReader(new FileStream(NotesPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n')[..^1];
    }

    /// <summary>The model is asked with certain words as the last.</summary>
    private sealed class Moment
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource? Passed { get; set; }
    }
}
