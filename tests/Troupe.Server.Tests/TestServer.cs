using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Apps.MedSim;
using Troupe.Apps.Mnemosine;
using Troupe.Sqlite;
using Troupe.Tests;

namespace Troupe.Server.Tests;

/// <summary>A real server in this process: Kestrel on a free port, SQLite in a folder of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string AdminToken = "admin-token-of-the-tests";

    private readonly TempFolder? _ownFolder;

    private TestServer(ServerHost host, AgentRuntime runtime, TempFolder? ownFolder)
    {
        Host = host;
        Runtime = runtime;
        _ownFolder = ownFolder;
        Admin = ClientFor(AdminToken);
    }

    public ServerHost Host { get; }

    public AgentRuntime Runtime { get; }

    public string Url => Host.Url;

    /// <summary>A client with the operator's token (owner admin).</summary>
    public HttpClient Admin { get; }

    /// <param name="setUp">Adds models and agents; the first model added is the default. Mnemosine's agents are there.</param>
    /// <param name="settings">Port 0 is used in any case.</param>
    /// <param name="folder">The data folder; one of its own unless given.</param>
    /// <param name="options">The runtime's options.</param>
    /// <param name="logs">Collects what the server logs; null for nowhere.</param>
    public static async Task<TestServer> StartAsync(
        Action<AgentRuntime> setUp, ServerSettings? settings = null, string? folder = null, AgentRuntimeOptions? options = null, LogLines? logs = null)
    {
        var own = folder is null ? new TempFolder() : null;
        settings = (settings ?? new ServerSettings()) with { Port = 0, Data = folder ?? own!.Path };
        var runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = settings.Data }), logs is null ? options : (options ?? new()) with { Logs = logs });
        setUp(runtime);
        MnemosineApp.AddAgents(runtime);
        MedSimApp.AddAgents(runtime);
        var host = ServerHost.Build(runtime, settings, [MnemosineApp.Map, MedSimApp.Map], logs is null ? null : logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
        host.AddOperator(AdminToken, "tests");
        await host.StartAsync();
        return new TestServer(host, runtime, own);
    }

    /// <summary>A client with a token; null for none.</summary>
    public HttpClient ClientFor(string? token)
    {
        var client = new HttpClient { BaseAddress = new Uri(Url), Timeout = Limits.Wait };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>A client with a new key.</summary>
    /// <param name="key">As the POST to /api/v1/keys takes it, such as <c>new { owner = "ada", scopes = new[] { "chat" } }</c>.</param>
    public async Task<HttpClient> ClientWithKeyAsync(object key)
    {
        var made = await Admin.PostAsJsonAsync("/api/v1/keys", key, Limits.Token);
        made.EnsureSuccessStatusCode();
        return ClientFor((await made.Content.ReadFromJsonAsync<JsonElement>(Limits.Token)).GetProperty("token").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        var ended = Host.DisposeAsync().AsTask();
        while (Runtime.Time is ManualTime time && !ended.IsCompleted)
        {
            // The server looks again and again whether all is written, by a clock that nobody moves any more.
            time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.WhenAny(ended, Task.Delay(5, Limits.Token));
        }

        await ended;
        await Runtime.StopAsync(TimeSpan.Zero);
        _ownFolder?.Dispose();
    }
}
