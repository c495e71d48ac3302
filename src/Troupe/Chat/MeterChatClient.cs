using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Measures what callers see of a model: how long an answer takes, and what it saved or took. Thread-safe.</summary>
internal sealed class MeterChatClient(IChatClient inner, ModelMetrics metrics, TimeProvider time) : StageChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var started = time.GetTimestamp();
        string? origin = null;
        var isFirst = true;
        metrics.Begin();
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                if (isFirst)
                {
                    isFirst = false;
                    origin = AnswerOrigin.Of(update);
                    metrics.FirstToken(time.GetElapsedTime(started), origin);
                }

                foreach (var content in update.Contents)
                {
                    if (origin is AnswerOrigin.Cache or AnswerOrigin.Coalesced && content is UsageContent { Details: { } usage })
                    {
                        metrics.Saved((usage.InputTokenCount ?? 0) + (usage.OutputTokenCount ?? 0));
                    }
                }

                yield return update;
            }
        }
        finally
        {
            metrics.End(time.GetElapsedTime(started));
        }
    }
}
