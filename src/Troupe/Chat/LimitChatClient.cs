using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Waits until the provider's limits allow a call. Thread-safe.</summary>
internal sealed class LimitChatClient(IChatClient inner, ModelInfo info, ProviderGate gate, TokenEstimator estimator) : StageChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var said = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var input = estimator.Estimate(UsageTally.LengthOf(said));
        var reserved = input + (long)(options?.MaxOutputTokens ?? info.ReplyTokens);
        await gate.EnterAsync(info.Name, ModelCall.Of(options)?.Owner ?? "", reserved, cancellationToken);
        var tally = new UsageTally();
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(said, options, cancellationToken))
            {
                tally.Add(update);
                yield return update;
            }
        }
        finally
        {
            gate.Leave(reserved, tally.Read(input) + tally.Written(estimator));
        }
    }
}
