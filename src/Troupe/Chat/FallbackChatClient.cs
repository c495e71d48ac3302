using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Asks the next model when one fails before it has said anything: when it is away, late, busy, or refuses the key; not when it refuses
/// the request, which the next one would too. Thread-safe; disposes only the first, the others are models of their own.</summary>
internal sealed class FallbackChatClient(IChatClient first, IReadOnlyList<Func<Model?>> others) : StageChatClient(first)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var next = 0; ; next++)
        {
            var other = next == 0 ? null : others[next - 1]();
            if (next > 0 && other is null)
            {
                continue;
            }

            await using var updates = (other?.Alone ?? InnerClient).GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            bool any;
            try
            {
                any = await updates.MoveNextAsync();
            }
            catch (ModelException failure) when (next < others.Count && IsWorthAnother(failure))
            {
                continue;
            }

            for (var isMarked = other is null; any; any = await updates.MoveNextAsync())
            {
                yield return isMarked ? updates.Current : AnswerOrigin.Mark(updates.Current, AnswerOrigin.Fallback, other!.Info.Name);
                isMarked = true;
            }

            yield break;
        }
    }

    private static bool IsWorthAnother(ModelException failure) =>
        failure.Code is not (ModelErrorCodes.Refused or ModelErrorCodes.TooLong);
}
