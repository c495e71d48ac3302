using Troupe.Agents;
using Troupe.Tests;

namespace Troupe.Server.Tests.Mnemosine;

/// <summary>The lines that say how the runtime is doing.</summary>
public sealed class PerformanceLogTests
{
    [Fact]
    public async Task A_minute_in_which_something_happened_has_its_lines_and_one_in_which_nothing_did_has_none()
    {
        var time = new ManualTime();
        var logs = new LogLines();
        using var model = new ScriptedChatClient { Reply = _ => "My secret answer." };
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", model), options: new AgentRuntimeOptions { Time = time }, logs: logs);
        await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "My secret question." });
        await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "My secret question." });
        time.Advance(TimeSpan.FromMinutes(1));

        var told = Lines();
        Assert.Contains(told, l => l.Contains("Sessions: 2 loaded", StringComparison.Ordinal));
        Assert.Contains(told, l => l.Contains("Cache answers: hit rate 50.0", StringComparison.Ordinal));
        Assert.Contains(told, l => l.Contains("Model scripted: 2 calls, 1 reached the provider, 0 failed", StringComparison.Ordinal));
        Assert.Contains(told, l => l.Contains("Saves: ", StringComparison.Ordinal));
        Assert.DoesNotContain(told, l => l.Contains("secret", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(told, Lines());

        List<string> Lines() => [.. logs.Text.Split('\n').Where(l => l.StartsWith("Troupe.Performance ", StringComparison.Ordinal))];
    }
}
