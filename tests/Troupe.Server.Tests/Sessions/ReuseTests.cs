using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Tests;
using Troupe.Tools;

namespace Troupe.Server.Tests.Sessions;

/// <summary>Known answers, budgets and shared runs of tools over HTTP.</summary>
public sealed class ReuseTests
{
    [Fact]
    public async Task A_known_answer_says_so_and_a_new_one_is_to_be_had_on_every_route()
    {
        var model = new ScriptedChatClient();
        model.Reply = _ => $"Answer {model.Count}.";
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        var admin = server.Admin;
        Assert.Equal(("Answer 1.", false), await PromptAsync(new { message = "Hello" }));
        Assert.Equal(("Answer 1.", true), await PromptAsync(new { message = "Hello" }));
        Assert.Equal(("Answer 1.", true), await PromptAsync(new { message = "Hello", cache = true }));
        Assert.Equal(("Answer 2.", false), await PromptAsync(new { message = "Hello", cache = false }));
        var session = await admin.NewSessionAsync();
        Assert.Equal(("Answer 3.", false), await AskAsync($"/api/v1/sessions/{session}/turns", new { message = "Hello", cache = false }));
        Assert.Equal(("Answer 4.", false), await AskAsync($"/api/v1/sessions/{session}/turns", new { regenerate = 1 }));
        session = await admin.NewSessionAsync();
        Assert.Equal(("Answer 1.", true), await AskAsync($"/api/v1/sessions/{session}/turns", new { message = "Hello" }));

        // Without a session, and with one; the assistant's answers at any temperature will do.
        Assert.Equal("Answer 1.", await CompleteAsync("""{"model":"assistant","messages":[{"role":"user","content":"Hello"}]}"""));
        Assert.Equal("Answer 5.", await CompleteAsync("""{"model":"assistant","messages":[{"role":"user","content":"Hello"}],"temperature":0.5}"""));
        Assert.Equal("Answer 6.", await CompleteAsync("""{"model":"assistant","cache":false,"messages":[{"role":"user","content":"Hello"}]}"""));
        Assert.Equal("Answer 7.", await CompleteAsync("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}]}"""));
        session = await admin.NewSessionAsync();
        Assert.Equal("Answer 8.", await CompleteAsync($$"""{"model":"assistant","cache":false,"metadata":{"session_id":"{{session}}"},"messages":[{"role":"user","content":"Hello"}]}"""));
        Assert.Contains("Answer 1.", await StreamAsync("""{"model":"assistant","stream":true,"messages":[{"role":"user","content":"Hello"}]}"""), StringComparison.Ordinal);

        // Another owner's is another's.
        using var bob = await server.ClientWithKeyAsync(new { owner = "bob", scopes = new[] { "chat" } });
        Assert.Equal("Answer 9.", (await bob.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("reply"));

        Task<(string Reply, bool Cached)> PromptAsync(object body) => AskAsync("/api/v1/agent/prompt", body);

        async Task<(string Reply, bool Cached)> AskAsync(string path, object body)
        {
            var reply = await admin.PostJsonAsync(path, body);
            return (reply.Text("reply"), reply.GetProperty("cached").GetBoolean());
        }

        async Task<string> CompleteAsync(string body)
        {
            using var response = await admin.SendAsync(HttpMethod.Post, "/v1/chat/completions", body);
            return (await response.JsonAsync()).GetProperty("choices")[0].GetProperty("message").Text("content");
        }

        async Task<string> StreamAsync(string body)
        {
            using var response = await admin.SendAsync(HttpMethod.Post, "/v1/chat/completions", body);
            return await response.Content.ReadAsStringAsync(Limits.Token);
        }
    }

    [Fact]
    public async Task A_day_that_is_spent_is_a_429_with_its_end_and_a_turn_that_failed()
    {
        var time = new ManualTime();
        var model = new ScriptedChatClient { Reply = _ => "Good day." };
        await using var server = await TestServer.StartAsync(
            r => r.Models.Add(new ModelInfo { Name = "scripted", Provider = "test", ReplyTokens = 100 }, model), options: new AgentRuntimeOptions { Budget = new Budget { OwnerDayTokens = 10 }, Time = time });
        foreach (var stream in new[] { "false", "true" })
        {
            using var refused = await server.Admin.SendAsync(HttpMethod.Post, "/v1/chat/completions", $$"""{"model":"scripted","stream":{{stream}},"messages":[{"role":"user","content":"Hello"}]}""");
            Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromHours(12)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
            Assert.Equal("budget_exceeded", JsonElement.Parse(await refused.Content.ReadAsStringAsync(Limits.Token)).GetProperty("error").Text("code"));
        }

        // A turn is an answer in any case.
        var session = await server.Admin.NewSessionAsync();
        var turn = await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Hello" }, "k");
        Assert.Equal(("failed", "budget_exceeded", 0), (turn.Text("status"), turn.GetProperty("error").Text("code"), turn.GetProperty("usage").Number("input_tokens")));
        using var inSession = await server.Admin.SendAsync(HttpMethod.Post, "/v1/chat/completions", $$"""{"model":"assistant","metadata":{"session_id":"{{session}}"},"messages":[{"role":"user","content":"Hello"}]}""");
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromHours(12)), (inSession.StatusCode, inSession.Headers.RetryAfter?.Delta));
        Assert.Equal(0, model.Count);
    }

    [Fact]
    public async Task A_result_of_a_tool_that_was_known_says_so_in_events_and_entries()
    {
        var model = new ScriptedChatClient();
        await using var server = await TestServer.StartAsync(r =>
        {
            r.Models.Add("scripted", model);
            r.Tools.Add(new ToolDefinition(AIFunctionFactory.Create(() => "a door", "look")) { Kind = ToolKind.Pure, CacheFor = TimeSpan.FromMinutes(5) });
            r.Agents.Add(new AgentDefinition { Name = "guide", Tools = ["look"] });
        });
        foreach (var source in new[] { null, "cached" })
        {
            var session = (await server.Admin.PostJsonAsync("/api/v1/sessions", new { agent = "guide" })).Text("id");
            using var response = await server.Admin.SendAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/turns", """{"message":"Look."}""", accept: "text/event-stream");
            var call = await model.NextAsync();
            call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read("c", "look", "{}")]) { FinishReason = ChatFinishReason.ToolCalls });
            call.Updates.Writer.TryComplete();
            (await model.NextAsync()).Finish("Seen.");
            var events = await response.Content.ReadAsStringAsync(Limits.Token);
            Assert.Equal(source is not null, events.Contains("\"source\":\"cached\"", StringComparison.Ordinal));
            var result = (await server.Admin.EntriesAsync(session)).Single(e => e.Text("role") == "tool_result");
            Assert.Equal(source, result.GetProperty("tool").TryGetProperty("source", out var told) ? told.GetString() : null);
        }
    }
}
