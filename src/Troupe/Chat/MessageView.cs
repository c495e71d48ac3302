using System.Collections;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>The first messages of a list that only grows.</summary>
internal sealed class MessageView(List<ChatMessage> messages, int count) : IReadOnlyList<ChatMessage>
{
    public int Count => count;

    public ChatMessage this[int index] => index < count ? messages[index] : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {count}.");

    public IEnumerator<ChatMessage> GetEnumerator()
    {
        for (var i = 0; i < count; i++)
        {
            yield return messages[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
