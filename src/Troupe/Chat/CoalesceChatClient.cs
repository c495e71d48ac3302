using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>Makes equal calls that are under way at once one call, where the caller opted in. Each gets the whole stream; one that leaves does not end it for the others. Thread-safe.</summary>
internal sealed class CoalesceChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, SharedAnswer> _running = [];

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        ModelCall.Of(options) is { Key: { } key } call
            ? JoinAsync(key, call.Ticket, messages, options, cancellationToken)
            : base.GetStreamingResponseAsync(messages, options, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> JoinAsync(
        AnswerKey key, CacheTicket? ticket, IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (answer, isOwn) = Enter(key, ticket);
        if (isOwn)
        {
            // By itself, and not as part of this caller's work: it may outlive it.
            _ = Task.Run(() => answer.PumpAsync(token => base.GetStreamingResponseAsync(messages, options, token), () => Leave(key, answer)), CancellationToken.None);
        }

        var isFirst = !isOwn;
        await foreach (var update in answer.ReadAsync(cancellationToken))
        {
            yield return isFirst ? AnswerOrigin.Mark(update, AnswerOrigin.Coalesced) : update;
            isFirst = false;
        }
    }

    private (SharedAnswer Answer, bool IsOwn) Enter(AnswerKey key, CacheTicket? ticket)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(key, out var running) && running.TryJoin(ticket?.Epoch))
            {
                return (running, false);
            }

            var own = new SharedAnswer(ticket);
            own.TryJoin(ticket?.Epoch);
            _running[key] = own;
            return (own, true);
        }
    }

    private void Leave(AnswerKey key, SharedAnswer answer)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(key, out var current) && ReferenceEquals(current, answer))
            {
                _running.Remove(key);
            }
        }
    }
}
