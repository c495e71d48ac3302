using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Bench;

/// <summary>A model that answers in pieces of one character, and remembers when it gave each.</summary>
internal sealed class PiecesChatClient(int pieces, TimeSpan pause) : IChatClient
{
    private readonly long[] _givenAt = new long[pieces];

    public long GivenAt(int piece) => _givenAt[piece];

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < pieces; i++)
        {
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, cancellationToken);
            }

            _givenAt[i] = Stopwatch.GetTimestamp();
            yield return new ChatResponseUpdate(ChatRole.Assistant, "x") { FinishReason = i == pieces - 1 ? ChatFinishReason.Stop : null };
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
