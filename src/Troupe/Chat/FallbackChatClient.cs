using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Asks the next model when one fails before it has said anything: when it is away, late, busy, or refuses the key; not when it refuses
/// the request, which the next one would too. Thread-safe; disposes only the first, the others are models of their own.</summary>
internal sealed class FallbackChatClient(IChatClient first, IReadOnlyList<Func<IChatClient?>> others) : DelegatingChatClient(first)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var next = 0; ; next++)
        {
            var client = next == 0 ? InnerClient : others[next - 1]();
            if (client is null)
            {
                continue;
            }

            await using var updates = client.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            bool any;
            try
            {
                any = await updates.MoveNextAsync();
            }
            catch (ModelException failure) when (next < others.Count && IsWorthAnother(failure))
            {
                continue;
            }

            for (var isMarked = next == 0; any; any = await updates.MoveNextAsync())
            {
                yield return isMarked ? updates.Current : AnswerOrigin.Mark(updates.Current, AnswerOrigin.Fallback);
                isMarked = true;
            }

            yield break;
        }
    }

    private static bool IsWorthAnother(ModelException failure) =>
        failure.Code is not (ModelErrorCodes.Refused or ModelErrorCodes.TooLong);
}
