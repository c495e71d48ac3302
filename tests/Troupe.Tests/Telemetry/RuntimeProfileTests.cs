using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Storage;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Tests.Telemetry;

public sealed class RuntimeProfileTests
{
    [Fact]
    public async Task Turns_model_calls_tools_commits_and_loads_are_measured_as_often_as_they_happen()
    {
        var store = new MemoryStore();
        await using var runtime = new AgentRuntime(store);
        using var model = new ScriptedChatClient();
        runtime.Models.Add("mine", model);
        runtime.Tools.Add(new ToolDefinition(AIFunctionFactory.Create((int a, int b) => a + b, "add")) { Kind = ToolKind.Pure });
        runtime.Agents.Add(new AgentDefinition { Name = "guide", Tools = ["add"] });
        using var session = await runtime.OpenAsync("guide", cancellationToken: Limits.Token);

        var said = session.GetResponseAsync("What are 1 and 2?", cancellationToken: Limits.Token);
        var asks = await model.NextAsync();
        asks.Updates.Writer.TryWrite(new ChatResponseUpdate(
            ChatRole.Assistant,
            [new FunctionCallContent("1", "add", new Dictionary<string, object?> { ["a"] = 1, ["b"] = 2 }), new FunctionCallContent("2", "add", new Dictionary<string, object?> { ["a"] = 2, ["b"] = 2 })])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        });
        asks.Updates.Writer.TryComplete();
        (await model.NextAsync()).Finish("3");
        await said;
        var failed = session.GetResponseAsync("And now?", cancellationToken: Limits.Token);
        (await model.NextAsync()).Fail(new IOException("down"));
        await Assert.ThrowsAnyAsync<TroupeException>(() => failed);
        await runtime.Journal.FlushAsync(Limits.Token);

        var sections = runtime.Profiler.Report().Sections.ToDictionary(s => (s.Category, s.Section), s => s.Calls);
        Assert.Equal(2, sections[(ProfileCategory.Turns, "guide")]);
        Assert.Equal(3, sections[(ProfileCategory.ModelCalls, "mine")]);
        Assert.Equal(2, sections[(ProfileCategory.Tools, "add")]);
        Assert.Equal(runtime.Journal.Statistics.Commits, sections[(ProfileCategory.Database, "commit")]);
        Assert.False(sections.ContainsKey((ProfileCategory.Database, "load_session")));

        await Assert.ThrowsAsync<TroupeException>(() => runtime.ResumeAsync("0123456789abcdef0123456789abcdef", cancellationToken: Limits.Token));
        Assert.Contains(runtime.Profiler.Report().Sections, s => s is { Category: ProfileCategory.Database, Section: "load_session", Calls: 1 });
    }
}
