using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Bench;

/// <summary>A model with a delay, which measures how long it took in fact: a timer is late by what it is late.</summary>
internal sealed class TimedChatClient(TimeSpan delay) : IChatClient
{
    private readonly ConcurrentDictionary<string, TimeSpan> _last = new(StringComparer.Ordinal);

    /// <summary>The time of a session's last call.</summary>
    public TimeSpan LastOf(string session) => _last[session];

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(delay, cancellationToken);
        if (options?.AdditionalProperties?[ModelCall.OptionName] is ModelCall { Session: { } session })
        {
            _last[session] = Stopwatch.GetElapsedTime(started);
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, Work.Reply) { FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
