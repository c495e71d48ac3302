using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>The border to a provider: counts and measures what it is asked in fact, and makes every failure one of the family. Thread-safe.</summary>
internal sealed class CallChatClient(IChatClient inner, string model, ModelMetrics metrics, TimeProvider time) : StageChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var started = time.GetTimestamp();
        long input = 0, output = 0;
        ChatFinishReason? finish = null;
        string? error = null;
        using var span = metrics.BeginCall();
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
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
                    error = cancellationToken.IsCancellationRequested ? null : (failure as TroupeException)?.Code ?? ModelErrorCodes.Unavailable;
                    if (error is null || failure is TroupeException)
                    {
                        throw;
                    }

                    // A client of a library's may throw anything, and its message may hold anything.
                    throw new ModelException(ModelErrorCodes.Unavailable, $"The model '{model}' failed ({failure.GetType().Name}).", failure) { IsTransient = true };
                }

                var update = updates.Current;
                finish = update.FinishReason ?? finish;
                foreach (var content in update.Contents)
                {
                    if (content is UsageContent { Details: { } usage })
                    {
                        input += usage.InputTokenCount ?? 0;
                        output += usage.OutputTokenCount ?? 0;
                    }
                }

                yield return update;
            }
        }
        finally
        {
            metrics.EndCall(span, time.GetElapsedTime(started), input, output, finish, error);
        }
    }
}
