using Microsoft.Extensions.AI;
using Troupe.Caching;
using Troupe.Chat;
using Troupe.Models;

namespace Troupe.Bench.Scenarios;

/// <summary>Many who ask the same at once.</summary>
internal static class CoalescingScenario
{
    public const string Name = "Coalescing";

    public const string Caption =
        "1,000 callers of one owner ask a cold model 50 distinct prompts at once, each prompt 20 times; the model takes 50 ms. Beside it the same without an opt-in to take another's answer.";

    private const int Callers = 1000;
    private const int Distinct = 50;
    private const int Runs = 5;

    public static async Task<List<Row>> RunAsync()
    {
        List<double> merged = [], alone = [];
        for (var run = 0; run < Runs; run++)
        {
            merged.Add(await CallsAsync(new AnswerCaching { Scope = AnswerScope.Owner, ReuseSamples = true }));
            alone.Add(await CallsAsync(null));
        }

        return
        [
            Row.Of(Name, "calls of the provider, opted in", "", merged, "50", v => v == Distinct),
            Row.Of(Name, "calls of the provider, not opted in", "", alone, "1,000", v => v == Callers),
        ];
    }

    private static async Task<double> CallsAsync(AnswerCaching? caching)
    {
        await using var caches = new CacheCatalog();
        using var models = new ModelCatalog(caches: caches);
        var model = models.Add(new ModelInfo { Name = "model", Provider = "fixed" }, new FixedChatClient(Work.Reply, TimeSpan.FromMilliseconds(50)));
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(i => Task.Run(() => model.Client.GetResponseAsync(
            [new ChatMessage(ChatRole.User, $"{Work.Message} ({i % Distinct})")],
            new ChatOptions { AdditionalProperties = new() { [ModelCall.OptionName] = new ModelCall { Owner = "bench", Caching = caching } } }))));
        return model.Metrics.ProviderCalls;
    }
}
