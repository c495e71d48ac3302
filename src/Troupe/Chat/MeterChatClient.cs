using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Measures every call. Thread-safe.</summary>
internal sealed class MeterChatClient(IChatClient inner, ModelMetrics metrics, TimeProvider time) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var started = time.GetTimestamp();
        var first = true;
        var ended = false;
        metrics.Begin();
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                if (first)
                {
                    first = false;
                    metrics.FirstToken(time.GetElapsedTime(started));
                }

                foreach (var content in update.Contents)
                {
                    if (content is UsageContent { Details: { } usage })
                    {
                        metrics.Usage(usage.InputTokenCount ?? 0, usage.OutputTokenCount ?? 0);
                    }
                }

                yield return update;
            }

            ended = true;
        }
        finally
        {
            metrics.End(time.GetElapsedTime(started), failed: !ended && !cancellationToken.IsCancellationRequested);
        }
    }
}
