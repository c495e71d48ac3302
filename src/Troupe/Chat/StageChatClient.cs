using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>A stage of a model's pipeline: it streams, and an answer that is wanted whole is its stream collected.</summary>
internal abstract class StageChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    public sealed override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);
}
