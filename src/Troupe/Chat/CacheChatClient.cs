using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>Gives answers that were computed before, where the caller opted in with a scope, and keeps those that are whole. Thread-safe.</summary>
internal sealed class CacheChatClient(IChatClient inner, ModelInfo info, Cache<AnswerKey, Answer> answers, CoalesceChatClient shared) : StageChatClient(inner)
{
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var call = ModelCall.Of(options);
        call?.Key = null;
        if (call?.Caching is not { } caching || ScopeOf(call, caching) is not { } scope || !(caching.ReuseSamples || options!.Temperature == 0))
        {
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }

        var said = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        call.Key = AnswerKey.Of(info.Provider, info.Name, scope, said, options);
        return call.Key is { } key ? AnswerAsync(key, call, said, options, cancellationToken) : base.GetStreamingResponseAsync(said, options, cancellationToken);
    }

    private static string? ScopeOf(ModelCall call, AnswerCaching caching) => caching.Scope switch
    {
        AnswerScope.Session when call is { Owner: { } owner, Session: { } session } => $"session:{owner.Length}:{owner}:{session}",
        AnswerScope.Owner when call.Owner is { } owner => "owner:" + owner,
        AnswerScope.Global => "global",
        _ => null,
    };

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        AnswerKey key, ModelCall call, IReadOnlyCollection<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        call.SharedBefore = shared.Ended;
        if (answers.TryGet(key, out var known))
        {
            foreach (var update in known.Replay())
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return update;
            }

            yield break;
        }

        // Before the call: what is invalidated while it runs is not kept.
        var entry = new CacheEntryOptions { TimeToLive = call.Caching!.TimeToLive, Tags = TagsOf(call) };
        var ticket = answers.Begin(entry);
        call.Ticket = ticket;
        List<ChatResponseUpdate> updates = [];
        var isWhole = false;
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                // A copy, because what follows may change what it gets.
                updates.Add(Answer.CopyOf(update));
                yield return update;
            }

            if (Answer.Of(updates) is { } answer)
            {
                answers.Publish(key, answer, ticket, entry);
            }

            isWhole = true;
        }
        finally
        {
            call.Left?.Invoke(isWhole);
        }
    }

    private static List<string> TagsOf(ModelCall call)
    {
        List<string> tags = [];
        if (call.Owner is { } owner)
        {
            tags.Add(CacheCatalog.TagOfOwner(owner));
        }

        if (call.Session is { } session)
        {
            tags.Add(CacheCatalog.TagOfSession(session));
        }

        return tags;
    }
}
