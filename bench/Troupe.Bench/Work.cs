using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Models;
using Troupe.Sessions;
using Troupe.Sqlite;
using Troupe.Storage;

namespace Troupe.Bench;

/// <summary>What the scenarios have in common.</summary>
internal static class Work
{
    /// <summary>The fixed model's reply: two sentences, as a chat has them.</summary>
    public const string Reply = "That is a good question, and the answer is not hard. Take one step after the other, and look where you are going.";

    public const string Message = "How do I get from here to the station without getting lost on the way?";

    public static string TempFolder() => Directory.CreateTempSubdirectory("troupe-bench-").FullName;

    public static HttpClient Client(string url)
    {
        var client = new HttpClient { BaseAddress = new Uri(url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ChildServer.Token);
        return client;
    }

    public static async Task<string[]> SessionsAsync(string url, int count, string durability = "durable")
    {
        using var client = Client(url);
        var ids = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, token) =>
        {
            var made = await client.PostAsJsonAsync("/api/v1/sessions", new { agent = "assistant", durability }, token);
            made.EnsureSuccessStatusCode();
            ids[i] = (await made.Content.ReadFromJsonAsync<JsonElement>(token)).GetProperty("id").GetString()!;
        });
        return ids;
    }

    /// <summary>A runtime in this process over SQLite, with the fixed model.</summary>
    public static AgentRuntime Runtime(string folder, TimeSpan? modelDelay = null, AgentRuntimeOptions? options = null)
    {
        var runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = folder }), options);
        IChatClient model = new FixedChatClient(Reply, modelDelay ?? TimeSpan.Zero);
        runtime.Models.Add("fixed", model);
        runtime.Agents.Add(new AgentDefinition { Name = "assistant", Instructions = "You are a helpful assistant." });
        return runtime;
    }

    public static async Task TurnAsync(AgentRuntime runtime, string session)
    {
        var (held, turn) = await runtime.Sessions.SubmitAsync(session, "bench", new TurnInput { Message = Message });
        var result = await held.WaitAsync(turn, CancellationToken.None);
        if (result.State != TurnState.Completed)
        {
            throw new InvalidOperationException($"A turn ended as {result.State}: {result.Error}");
        }
    }
}
