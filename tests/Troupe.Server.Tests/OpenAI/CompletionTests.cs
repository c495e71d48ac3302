using System.Net.Http.Json;
using System.Text.Json;
using Troupe.Agents;
using Troupe.Tests;

namespace Troupe.Server.Tests.OpenAI;

/// <summary>What the tests of /v1 share: a server with a model, an agent on it, and a model with an unusual name.</summary>
public abstract class CompletionTests : IAsyncLifetime
{
    private protected ActedChatClient Model { get; } = new();

    private protected ScriptedChatClient Gated { get; } = new();

    private protected TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(r =>
    {
        r.Models.Add("scripted", Model);
        r.Models.Add("vendor/model", Model);
        r.Models.Add("gated", Gated);
        r.Agents.Add(new AgentDefinition { Name = "guide", Instructions = "You are brief.", Temperature = 0.5f, MaxOutputTokens = 100 });
        r.Agents.Add(new AgentDefinition { Name = "slow", Model = "gated" });
    });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<string> NewSessionAsync(HttpClient? client = null)
    {
        var made = await (client ?? Server.Admin).PostAsJsonAsync("/api/v1/sessions", new { agent = "guide" }, Limits.Token);
        made.EnsureSuccessStatusCode();
        return (await made.Content.ReadFromJsonAsync<JsonElement>(Limits.Token)).GetProperty("id").GetString()!;
    }

    /// <summary>Role and text of each entry of a session.</summary>
    private protected async Task<string[]> EntriesAsync(string session)
    {
        var read = await Server.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/sessions/{session}", Limits.Token);
        return [.. read.GetProperty("entries").EnumerateArray().Select(e => $"{e.GetProperty("role").GetString()}: {e.GetProperty("text").GetString()}")];
    }
}
