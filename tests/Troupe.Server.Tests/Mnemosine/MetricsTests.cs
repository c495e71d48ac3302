using System.Net;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Mnemosine;

public sealed class MetricsTests
{
    [Fact]
    public async Task Figures_move_with_what_is_done()
    {
        using var model = new ScriptedChatClient { Reply = _ => "Yes." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        var before = await server.Admin.GetJsonAsync("/api/v1/performance/metrics");
        var session = (await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("session_id");
        for (var n = 0; n < 4; n++)
        {
            await server.Admin.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = "Hello" });
        }

        var after = await server.Admin.GetJsonAsync("/api/v1/performance/metrics");
        Assert.Equal(5, Grown("turns", "completed"));
        Assert.Equal(5, Grown("turns", "latency", "count"));
        Assert.Equal(0, after.GetProperty("turns").Number("running"));
        var figures = after.GetProperty("models").EnumerateArray().Single(m => m.Text("model") == "scripted");
        Assert.Equal(5, figures.GetProperty("calls").Number("count"));
        Assert.Equal(0, figures.Number("failures"));
        Assert.True(Grown("commits", "commits") > 0);
        Assert.True(Grown("commits", "operations") >= 10);
        Assert.True(Grown("commits", "bytes") > 0);
        Assert.Equal(1, Grown("sessions", "loaded"));
        Assert.True(Grown("sessions", "hits") >= 4);
        Assert.True(after.GetProperty("system").GetProperty("working_set_bytes").GetInt64() > 0);
        Assert.True(after.GetProperty("system").GetProperty("disk_total_bytes").GetInt64() > 0);
        foreach (var latency in new[] { after.GetProperty("turns").GetProperty("latency"), figures.GetProperty("calls"), after.GetProperty("commits").GetProperty("latency") })
        {
            var sizes = new[] { "p50_ms", "p95_ms", "p99_ms", "max_ms" }.Select(n => latency.GetProperty(n).GetDouble()).ToList();
            Assert.Equal(sizes.Order(), sizes);
            Assert.True(latency.GetProperty("average_ms").GetDouble() > 0);
        }

        long Grown(params string[] path) => Read(after, path) - Read(before, path);

        static long Read(JsonElement json, string[] path) => path.Aggregate(json, (place, member) => place.GetProperty(member)).GetInt64();
    }

    [Fact]
    public async Task Health_names_the_figures_it_is_judged_by()
    {
        using var model = new ScriptedChatClient();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model));
        for (var n = 0; n < 2; n++)
        {
            var said = server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
            (await model.NextAsync()).Fail(new InvalidOperationException("down"));
            Assert.Equal("failed", (await said).Text("status"));
        }

        using var response = await server.Admin.GetAsync("/api/v1/performance/health-detailed", Limits.Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var health = JsonElement.Parse(await response.Content.ReadAsStringAsync(Limits.Token));
        Assert.Equal("failing", health.Text("status"));
        var checks = health.GetProperty("checks").EnumerateArray().ToDictionary(c => c.Text("name"), c => c.Text("status"), StringComparer.Ordinal);
        Assert.Equal("ok", checks["store"]);
        Assert.Equal("failing", checks["failures_scripted"]);
        Assert.Equal("ok", checks["journal_waiting"]);
        Assert.Equal(2, health.GetProperty("metrics").GetProperty("turns").Number("failed"));
    }
}
