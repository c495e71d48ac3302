using System.Diagnostics;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.OpenAI;

/// <summary>The official JavaScript client, unchanged.</summary>
public sealed class NodeClientTests : CompletionTests
{
    [Fact]
    public async Task The_official_client_is_served()
    {
        var session = await NewSessionAsync();

        var seen = await RunAsync($"{Server.Url}/v1", TestServer.AdminToken, session);

        var models = seen.GetProperty("models").EnumerateArray().Select(m => m.GetString()!).ToList();
        Assert.All(["guide", "scripted", "vendor/model"], name => Assert.Single(models, name));
        AssertJson("\"vendor/model\"", seen, "model");
        AssertJson("""{"text":"Good day.","finish":"stop","usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12},"object":"chat.completion"}""", seen, "whole");
        AssertJson("""{"text":"Good day.","finish":"stop","usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}""", seen, "stream");
        AssertJson("""{"id":"call-1","name":"get_weather","arguments":{"city":"Paris"},"finish":"tool_calls"}""", seen, "call");
        AssertJson("\"It says: rain.\"", seen, "afterCall");
        AssertJson("""{"id":"call-1","arguments":{"city":"Paris"},"finish":"tool_calls"}""", seen, "streamedCall");
        AssertError(seen.GetProperty("errors"), "model", "NotFoundError", 404, "model_not_found");
        AssertError(seen.GetProperty("errors"), "retrieve", "NotFoundError", 404, "model_not_found");
        AssertError(seen.GetProperty("errors"), "key", "AuthenticationError", 401, "invalid_api_key");
        AssertError(seen.GetProperty("errors"), "range", "BadRequestError", 400, "invalid_request");
        AssertError(seen.GetProperty("errors"), "session", "NotFoundError", 404, "session_not_found");
        AssertError(seen.GetProperty("errors"), "provider", "InternalServerError", 502, "model_rate_limited");
        AssertError(seen.GetProperty("errors"), "stream", "APIError", null, "model_answer_broken");
        AssertJson("\"So far\"", seen, "beforeFailure");
        Assert.Equal("Good day.", seen.GetProperty("turn").GetProperty("text").GetString());
        Assert.Equal("Good day.", seen.GetProperty("turn").GetProperty("again").GetString());
        Assert.True(seen.GetProperty("turn").GetProperty("sameTurn").GetBoolean());
        Assert.Equal(session, seen.GetProperty("turn").GetProperty("metadata").GetProperty("session_id").GetString());
        AssertJson("\"Good day.\"", seen, "replay");
        AssertError(seen, "reused", "UnprocessableEntityError", 422, "idempotency_key_reused");
        Assert.Equal(["user: Remember me", "assistant: Good day."], await EntriesAsync(session));
    }

    private static void AssertJson(string expected, JsonElement seen, string name) =>
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), seen.GetProperty(name)), $"{name} is {seen.GetProperty(name)}");

    private static void AssertError(JsonElement seen, string name, string kind, int? status, string code)
    {
        var error = seen.GetProperty(name);
        Assert.Equal(
            (kind, status, code),
            (error.GetProperty("kind").GetString(), error.GetProperty("status").ValueKind == JsonValueKind.Null ? null : error.GetProperty("status").GetInt32(), error.GetProperty("code").GetString()));

        // The client hands the members on as they are: type and param are always there, as OpenAI has them.
        Assert.NotNull(error.GetProperty("type").GetString());
        Assert.True(error.GetProperty("hasParam").GetBoolean(), name);
    }

    private static async Task<JsonElement> RunAsync(params string[] arguments)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Troupe.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root is not above the tests.");
        }

        var clients = Path.Combine(folder.FullName, "tests", "clients");
        Assert.True(Directory.Exists(Path.Combine(clients, "node_modules", "openai")), "The client is not installed: run 'npm ci' in tests/clients, or ./test.");
        using var node = Process.Start(new ProcessStartInfo("node", ["openai-client.mjs", .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = clients,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = node.StandardOutput.ReadToEndAsync(Limits.Token);
            var errors = node.StandardError.ReadToEndAsync(Limits.Token);
            await node.WaitForExitAsync(Limits.Token);
            Assert.True(node.ExitCode == 0, await errors);
            return JsonElement.Parse(await output);
        }
        finally
        {
            if (!node.HasExited)
            {
                node.Kill();
            }
        }
    }
}
