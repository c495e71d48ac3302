using System.Net;
using System.Net.Http.Json;
using Troupe.Agents;
using Troupe.Tests;

namespace Troupe.Server.Tests.Mnemosine;

/// <summary>The routes of the caches and of the agent pool.</summary>
public sealed class CacheRouteTests
{
    private const string Clear = "/api/v1/performance/cache/clear";

    [Fact]
    public async Task A_prompt_that_was_answered_is_answered_from_the_cache_until_it_is_cleared()
    {
        var calls = 0;
        using var model = new ScriptedChatClient { Reply = _ => $"Answer {Interlocked.Increment(ref calls)}." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        using var ben = await server.ClientWithKeyAsync(new { owner = "ben" });

        Assert.Equal(("Answer 1.", false), await AskAsync(ada));
        Assert.Equal(("Answer 1.", true), await AskAsync(ada));
        Assert.Equal(("Answer 2.", false), await AskAsync(ben));
        var answers = (await server.Admin.GetJsonAsync("/api/v1/performance/cache")).GetProperty("caches").EnumerateArray().Single(c => c.Text("name") == "answers");
        Assert.Equal((1, 2, 3), (answers.Number("fresh"), answers.Number("misses"), answers.Number("requests")));
        Assert.Equal(2, answers.Number("entries"));

        var cleared = await server.Admin.PostJsonAsync(Clear, new { user = "ada" });
        Assert.Equal("ada", cleared.Text("user"));
        Assert.Equal(("Answer 3.", false), await AskAsync(ada));
        Assert.Equal(("Answer 2.", true), await AskAsync(ben));
        await server.Admin.PostJsonAsync(Clear, new { name = "answers" });
        Assert.Equal(("Answer 4.", false), await AskAsync(ben));
        using var all = await server.Admin.PostAsync(Clear, null, Limits.Token);
        Assert.Equal(HttpStatusCode.OK, all.StatusCode);
        Assert.Equal(("Answer 5.", false), await AskAsync(ben));
        var metrics = (await server.Admin.GetJsonAsync("/api/v1/performance/metrics")).GetProperty("models")[0];
        Assert.Equal((5, 2), (metrics.Number("provider_calls"), metrics.Number("cached")));

        static async Task<(string, bool)> AskAsync(HttpClient client)
        {
            var reply = await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "When do you open?" });
            return (reply.Text("reply"), reply.GetProperty("cached").GetBoolean());
        }
    }

    [Fact]
    public async Task Only_an_operator_sees_and_clears_and_what_is_not_there_is_named()
    {
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        using var ada = await server.ClientWithKeyAsync(new { owner = "ada" });
        foreach (var path in new[] { "/api/v1/performance/cache", "/api/v1/performance/agent-pool" })
        {
            using var refused = await ada.GetAsync(path, Limits.Token);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using var foreign = await ada.PostAsJsonAsync(Clear, new { user = "ben" }, Limits.Token);
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        using var unknown = await server.Admin.PostAsJsonAsync(Clear, new { name = "nothing" }, Limits.Token);
        await unknown.ProblemAsync(HttpStatusCode.NotFound, "cache_not_found");
        using var both = await server.Admin.PostAsJsonAsync(Clear, new { name = "answers", user = "ada" }, Limits.Token);
        await both.ProblemAsync(HttpStatusCode.BadRequest, "member_invalid");
        using var odd = await server.Admin.PostAsJsonAsync(Clear, new { everything = true }, Limits.Token);
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    [Fact]
    public async Task The_pool_keeps_as_many_agents_warm_as_it_is_told()
    {
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using var server = await TestServer.StartAsync(
            r =>
            {
                r.Models.Add("scripted", model);
                Enumerable.Range(0, 5).ToList().ForEach(i => r.Agents.Add(new AgentDefinition { Name = $"agent-{i}" }));
            },
            options: new AgentRuntimeOptions { Pool = new AgentPoolOptions { Size = 3 } });
        for (var i = 0; i < 10; i++)
        {
            await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", agent = $"agent-{i % 5}" });
        }

        var pool = await server.Admin.GetJsonAsync("/api/v1/performance/agent-pool");

        Assert.Equal((3, 3, 0), (pool.Number("size"), pool.Number("warm"), pool.Number("in_use")));
        Assert.Equal((0, 10, 7, 5), (pool.Number("hits"), pool.Number("misses"), pool.Number("evicted"), pool.Number("remade")));
        Assert.NotEmpty(pool.Text("advice"));
    }

    [Fact]
    public async Task The_sizes_of_the_seeds_are_settings_of_the_program()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("AGENT_POOL_SIZE", "3"), ("LLM_CACHE_TTL", "0"));
        using var client = server.Client();
        Assert.Equal(3, (await client.GetJsonAsync("/api/v1/performance/agent-pool")).Number("size"));
        Assert.DoesNotContain("answers", (await client.GetJsonAsync("/api/v1/performance/cache")).GetRawText(), StringComparison.Ordinal);
    }
}
