using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Bench;

/// <summary>A model that asks for a tool twelve times at once, and answers when it has the results.</summary>
internal sealed class AskingChatClient(string tool, Func<Dictionary<string, object?>> arguments) : IChatClient
{
    private const int Calls = 12;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        if (messages.Last().Role == ChatRole.Tool)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, Work.Reply) { FinishReason = ChatFinishReason.Stop };
            yield break;
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [.. Enumerable.Range(0, Calls).Select(i => (AIContent)new FunctionCallContent($"call-{i}", tool, arguments()))])
        {
            FinishReason = ChatFinishReason.ToolCalls,
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
