using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>Lets a call through when every budget it counts for has room for what it may take, reserves that, and settles what it took. An answer that was
/// computed for another call costs nothing. Thread-safe.</summary>
/// <param name="inner">What comes after.</param>
/// <param name="info">The model.</param>
/// <param name="priceOf">The price of another model, which may answer in its place; null where it is not known.</param>
/// <param name="estimator">Of what the provider does not report.</param>
/// <param name="time">The clock.</param>
internal sealed class BudgetChatClient(IChatClient inner, ModelInfo info, Func<string, Price?> priceOf, TokenEstimator estimator, TimeProvider time) : StageChatClient(inner)
{
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        ModelCall.Of(options) is { } call
            ? SpendAsync(call, messages as IReadOnlyCollection<ChatMessage> ?? [.. messages], options!, cancellationToken)
            : base.GetStreamingResponseAsync(messages, options, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> SpendAsync(
        ModelCall call, IReadOnlyCollection<ChatMessage> messages, ChatOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var input = estimator.Estimate(call.Characters ?? UsageTally.LengthOf(messages));
        var reserved = input + (long)(options.MaxOutputTokens ?? info.ReplyTokens);
        var reservedMicros = info.Price?.MicrosOf(input, reserved - input) ?? 0;
        Reserve(call.Budgets, reserved, reservedMicros);
        var price = info.Price;
        var tally = new UsageTally();
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                price = AnswerOrigin.ModelOf(update) is { } other ? priceOf(other) : price;
                tally.Add(update);

                // At each update: who stops waiting for this call must know what it has taken, and may not see its end.
                Count();
                yield return update;
            }
        }
        finally
        {
            Count();
            foreach (var account in call.Budgets)
            {
                account.Settle(reserved, reservedMicros, call.InputTokens + call.OutputTokens, call.CostMicros);
            }
        }

        void Count()
        {
            // A call that failed before its first word took nothing that is known; one that was another's took nothing.
            var isOwn = tally.HasBegun && !call.IsPaidByAnother;
            var read = isOwn ? tally.Read(input) : 0;
            var written = isOwn ? tally.Written(estimator) : 0;
            call.Took(read, written, price?.MicrosOf(read, written) ?? 0);
        }
    }

    private void Reserve(IReadOnlyList<BudgetAccount> accounts, long tokens, long micros)
    {
        for (var i = 0; i < accounts.Count; i++)
        {
            if (accounts[i].Reserve(tokens, micros) is not { } refusal)
            {
                continue;
            }

            for (var before = 0; before < i; before++)
            {
                accounts[before].Settle(tokens, micros, 0, 0);
            }

            var until = accounts[i].Until;
            throw new TroupeException(ErrorKind.TooMany, "budget_exceeded", until is null ? refusal : $"{refusal} It begins anew at {until:yyyy-MM-dd HH:mm} UTC.")
            {
                RetryAfter = until - time.GetUtcNow(),
            };
        }
    }
}
