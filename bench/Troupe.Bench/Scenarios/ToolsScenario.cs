using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Storage;
using Troupe.Tools;

namespace Troupe.Bench.Scenarios;

/// <summary>What the loop of tools costs beside the tools.</summary>
internal static class ToolsScenario
{
    public const string Name = "The loop of tools";

    public const string Caption =
        "In process, over the store in memory, so without a disk: turns in which the model asks 15 times for 8 calls of a pure tool that adds two numbers, and then " +
        "answers. The figure is the whole turn's time by its 120 calls, the model's part and all entries included.";

    private const int Rounds = 5;
    private const int Turns = 200;

    public static async Task<List<Row>> RunAsync()
    {
        List<double> runs = [];
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Models.Add("asking", new AskingChatClient());
        runtime.Tools.Add(new ToolDefinition(AIFunctionFactory.Create((int a, int b) => a + b, "add")) { Kind = ToolKind.Pure });
        runtime.Agents.Add(new AgentDefinition { Name = "assistant", Tools = ["add"] });
        for (var round = -1; round < Rounds; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            for (var n = 0; n < Turns; n++)
            {
                var session = await runtime.Sessions.CreateAsync("bench", "assistant", Durability.Durable);
                await Work.TurnAsync(runtime, session.Record.Id);
            }

            if (round >= 0)
            {
                runs.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds / (Turns * AskingChatClient.Asks * AskingChatClient.Calls));
            }
        }

        return [Row.Of(Name, "a call", "µs", runs, "≤ 100", v => v <= 100)];
    }

    private sealed class AskingChatClient : IChatClient
    {
        public const int Asks = 15;
        public const int Calls = 8;

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var asked = messages.Count(m => m.Role == ChatRole.Assistant);
            if (asked == Asks)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, Work.Reply) { FinishReason = ChatFinishReason.Stop };
                yield break;
            }

            yield return new ChatResponseUpdate(
                ChatRole.Assistant, [.. Enumerable.Range(0, Calls).Select(n => ToolArguments.Read($"{asked}-{n}", "add", $$"""{"a":{{asked}},"b":{{n}}}"""))])
            {
                FinishReason = ChatFinishReason.ToolCalls,
            };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
