using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>The border to a provider: counts what it is asked in fact, and makes every failure one of the family. Thread-safe.</summary>
internal sealed class CallChatClient(IChatClient inner, string model, ModelMetrics metrics) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        metrics.ProviderCalled();
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception failure)
            {
                // A caller that leaves early, or cancels, is no failure of the model.
                if (cancellationToken.IsCancellationRequested)
                {
                    throw;
                }

                metrics.Failed();
                if (failure is TroupeException)
                {
                    throw;
                }

                // A client of a library's may throw anything, and its message may hold anything.
                throw new ModelException(ModelErrorCodes.Unavailable, $"The model '{model}' failed ({failure.GetType().Name}).", failure) { IsTransient = true };
            }

            yield return updates.Current;
        }
    }
}
