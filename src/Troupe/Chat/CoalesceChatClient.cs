using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>Makes equal calls that are under way at once one call, where the caller opted in. Each gets the whole stream; one that leaves does not end it for the others. Thread-safe.</summary>
/// <remarks>A finished answer can be joined until one of its readers has kept it, and who looked for a known answer before that looks again: between the two there is no
/// moment in which it would be computed twice.</remarks>
internal sealed class CoalesceChatClient(IChatClient inner, Cache<AnswerKey, Answer> answers) : StageChatClient(inner)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, SharedAnswer> _running = [];
    private long _ended;

    /// <summary>How many answers can no longer be joined.</summary>
    public long Ended => Volatile.Read(ref _ended);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        ModelCall.Of(options) is { Key: { } key } call
            ? JoinAsync(key, call, messages, options, cancellationToken)
            : base.GetStreamingResponseAsync(messages, options, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> JoinAsync(
        AnswerKey key, ModelCall call, IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (answer, isOwn, known) = Enter(key, call);
        if (answer is null)
        {
            foreach (var update in known!.Replay())
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return update;
            }

            yield break;
        }

        call.Left = isWhole => Leave(key, answer, isWhole);
        if (isOwn)
        {
            // By itself, and not as part of this caller's work: it may outlive it.
            _ = Task.Run(() => answer.PumpAsync(token => base.GetStreamingResponseAsync(messages, options, token), () => Leave(key, answer, isWhole: true)), CancellationToken.None);
        }

        var isFirst = !isOwn;
        await foreach (var update in answer.ReadAsync(call, cancellationToken))
        {
            yield return isFirst ? AnswerOrigin.Mark(update, AnswerOrigin.Coalesced) : update;
            isFirst = false;
        }
    }

    private (SharedAnswer? Answer, bool IsOwn, Answer? Known) Enter(AnswerKey key, ModelCall call)
    {
        var epoch = call.Ticket?.Epoch;
        lock (_gate)
        {
            if (_running.TryGetValue(key, out var running) && running.TryJoin(call, epoch))
            {
                return (running, false, null);
            }

            if (_ended != call.SharedBefore && answers.TryGet(key, out var known))
            {
                call.IsPaidByAnother = true;
                return (null, false, known);
            }

            var own = new SharedAnswer(call.Ticket);
            own.TryJoin(call, epoch);
            _running[key] = own;
            return (own, true, null);
        }
    }

    private void Leave(AnswerKey key, SharedAnswer answer, bool isWhole)
    {
        lock (_gate)
        {
            if ((isWhole || answer.IsLeft) && _running.TryGetValue(key, out var current) && ReferenceEquals(current, answer))
            {
                _running.Remove(key);
                _ended++;
            }
        }
    }
}
