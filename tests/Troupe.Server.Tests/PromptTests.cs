using System.Net.Http.Json;
using System.Text.Json;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests;

public sealed class PromptTests
{
    [Fact]
    public async Task A_prompt_gets_its_reply_and_a_session()
    {
        await using var server = await TestServer.StartAsync(r => r.Models.Add("fixed", new FixedChatClient("Good day.", TimeSpan.Zero)));

        var response = await server.Admin.PostAsJsonAsync("/api/v1/agent/prompt", new { message = "Hello" }, Limits.Token);

        var reply = await response.Content.ReadFromJsonAsync<JsonElement>(Limits.Token);
        Assert.Equal("Good day.", reply.GetProperty("reply").GetString());
        Assert.Equal("completed", reply.GetProperty("status").GetString());
        Assert.Equal("durable", reply.GetProperty("durability").GetString());
        Assert.Equal(2, reply.GetProperty("seq").GetInt32());
    }

    [Fact]
    public async Task What_was_said_is_there_after_a_kill()
    {
        using var folder = new TempFolder();
        string session;
        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            using var client = server.Client();
            var response = await client.PostAsJsonAsync("/api/v1/agent/prompt", new { message = "My name is Ada." }, Limits.Token);
            session = (await response.Content.ReadFromJsonAsync<JsonElement>(Limits.Token)).GetProperty("session_id").GetString()!;
            await server.KillAsync();
        }

        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            using var client = server.Client();
            var response = await client.PostAsJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "What is my name?" }, Limits.Token);
            var reply = await response.Content.ReadFromJsonAsync<JsonElement>(Limits.Token);
            Assert.Contains("Ada", reply.GetProperty("reply").GetString(), StringComparison.Ordinal);
        }
    }
}
