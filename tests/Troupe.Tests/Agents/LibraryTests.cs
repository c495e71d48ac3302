using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Storage;

namespace Troupe.Tests.Agents;

public sealed class LibraryTests
{
    [Fact]
    public async Task A_session_remembers_what_was_said_before()
    {
        var model = new ScriptedChatClient { Reply = messages => $"{messages.Count}" };
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Models.Add("mine", model);
        runtime.Agents.Add(new AgentDefinition { Name = "guide", Instructions = "You are brief." });
        using var session = await runtime.OpenAsync("guide");

        await session.GetResponseAsync("one");
        await session.GetResponseAsync("two");
        var first = await model.NextAsync();
        var second = await model.NextAsync();

        Assert.Equal(["You are brief.", "one"], first.Messages.Select(m => m.Text));
        Assert.Equal(["You are brief.", "one", "2", "two"], second.Messages.Select(m => m.Text));
    }
}
