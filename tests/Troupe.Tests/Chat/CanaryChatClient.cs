using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>A model that says for whom it was called: the owner, and the session where the answer is only for that.</summary>
internal sealed class CanaryChatClient : IChatClient
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _count);
        var call = ModelCall.Of(options)!;
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, call.Owner);
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, call.Caching!.Scope == AnswerScope.Session ? $"/{call.Session}" : "") { FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
