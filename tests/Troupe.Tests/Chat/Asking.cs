using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>Calls of a model as agents make them.</summary>
internal static class Asking
{
    /// <summary>The options of a call that may take a known answer of its owner, unless said otherwise.</summary>
    public static ChatOptions For(
        string owner = "ann", string? session = null, AnswerScope? scope = AnswerScope.Owner, bool reuseSamples = false, float? temperature = 0, TimeSpan? timeToLive = null, int? most = null,
        params IReadOnlyList<BudgetAccount> budgets)
    {
        var caching = scope is { } wanted ? new AnswerCaching { Scope = wanted, ReuseSamples = reuseSamples, TimeToLive = timeToLive } : null;
        var call = new ModelCall { Owner = owner, Session = session, Caching = caching, Budgets = budgets };
        return new ChatOptions { Temperature = temperature, MaxOutputTokens = most, AdditionalProperties = new() { [ModelCall.OptionName] = call } };
    }

    /// <summary>A usage as providers report it.</summary>
    public static UsageContent Usage(long read, long written) => new(new UsageDetails { InputTokenCount = read, OutputTokenCount = written, TotalTokenCount = read + written });

    extension(ScriptedChatClient.Call call)
    {
        /// <summary>Says something of any kind.</summary>
        public void Add(params AIContent[] contents) => call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, contents));

        /// <summary>Ends for a reason; for none, without one.</summary>
        public void End(ChatFinishReason? reason)
        {
            call.Updates.Writer.TryWrite(new ChatResponseUpdate { FinishReason = reason });
            call.Updates.Writer.TryComplete();
        }
    }

    extension(Model model)
    {
        public Task<ChatResponse> AskAsync(string text, ChatOptions options, CancellationToken cancellationToken = default) =>
            model.Client.GetResponseAsync(text, options, cancellationToken == default ? Limits.Token : cancellationToken);

        public async Task<List<ChatResponseUpdate>> StreamAsync(string text, ChatOptions options)
        {
            var updates = new List<ChatResponseUpdate>();
            await foreach (var update in model.Client.GetStreamingResponseAsync(text, options, Limits.Token))
            {
                updates.Add(update);
            }

            return updates;
        }
    }
}
