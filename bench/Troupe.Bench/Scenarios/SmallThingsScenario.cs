using System.Diagnostics;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Caching;
using Troupe.Chat;
using Troupe.Models;
using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Bench.Scenarios;

/// <summary>What is small and happens often.</summary>
internal static class SmallThingsScenario
{
    public const string Name = "Small things";

    public const string Caption =
        "In process. A cached answer: a prompt of 10 messages with an answer of 40 pieces, from the call of the pipeline to the end of its stream. A warm agent: the pool's lease, by way of a turn's own " +
        "path, and its return. Forwarding a token: from the moment at which a model gives a piece to the moment at which the reader " +
        "of the session's events has it, over 200 pieces. 1,000 sessions' entries saved: what 1,000 sessions have waiting, in one batch (the write-up's game log: 10 sessions in 0.05 s).";

    private const int Runs = 7;

    public static async Task<List<Row>> RunAsync()
    {
        List<double> cached = [], lease = [], token = [], log = [];
        for (var run = 0; run < Runs; run++)
        {
            cached.Add(await CachedAsync());
            lease.Add(await LeaseAsync());
            token.Add(await TokenAsync());
            log.Add(await LogAsync());
        }

        return
        [
            Row.Of(Name, "a cached answer", "µs", cached, "≤ 50", v => v <= 50),
            Row.Of(Name, "a warm agent", "µs", lease, "≤ 1", v => v <= 1),
            Row.Of(Name, "forwarding a token, p50", "ms", token, "≤ 1", v => v <= 1),
            Row.Of(Name, "1,000 sessions' entries saved", "s", log, "≤ 0.05", v => v <= 0.05),
        ];
    }

    private static async Task<double> CachedAsync()
    {
        const int times = 2000;
        await using var caches = new CacheCatalog();
        using var models = new ModelCatalog(caches: caches);
        var model = models.Add(new ModelInfo { Name = "model", Provider = "fixed" }, new PiecesChatClient(40, TimeSpan.Zero));
        ChatMessage[] messages = [.. Enumerable.Range(0, 10).Select(i => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, $"{Work.Message} ({i})"))];
        await AskAsync();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            await AskAsync();
        }

        var each = Stopwatch.GetElapsedTime(started).TotalMicroseconds / times;
        return model.Metrics.ProviderCalls == 1 ? each : throw new InvalidOperationException($"{model.Metrics.ProviderCalls} calls reached the provider.");

        async Task AskAsync()
        {
            var call = new ModelCall { Owner = "bench", Caching = new AnswerCaching { Scope = AnswerScope.Owner, ReuseSamples = true } };
            await foreach (var _ in model.Client.GetStreamingResponseAsync(messages, new ChatOptions { AdditionalProperties = new() { [ModelCall.OptionName] = call } }))
            {
                // To the end.
            }
        }
    }

    private static async Task<double> LeaseAsync()
    {
        const int times = 200_000;
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Models.Add("fixed", new FixedChatClient(Work.Reply, TimeSpan.Zero));
        runtime.Agents.Add(new AgentDefinition { Name = "assistant" });
        var agent = runtime.Agents.Get("assistant");
        runtime.Pool.WarmUp([agent]);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            runtime.Pool.Touch(agent);
        }

        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / times;
    }

    private static async Task<double> TokenAsync()
    {
        var folder = Work.TempFolder();
        var delays = new Histogram();
        var model = new PiecesChatClient(200, TimeSpan.FromMilliseconds(2));
        await using (var runtime = Work.Runtime(folder))
        {
            runtime.Models.Add("pieces", model);
            runtime.Agents.Put(new AgentDefinition { Name = "speaker", Model = "pieces" });
            var (session, turn) = await runtime.Sessions.CreateAsync("bench", "speaker", Durability.Durable, new Sessions.TurnInput { Message = Work.Message });
            var length = 0;
            await foreach (var happened in session.FollowAsync(turn, null, CancellationToken.None))
            {
                if (happened is Sessions.TurnEvent.Delta delta)
                {
                    // What came together counts from its newest piece.
                    length += delta.Text.Length;
                    delays.Record(Stopwatch.GetElapsedTime(model.GivenAt(length - 1)));
                }
            }
        }

        Directory.Delete(folder, recursive: true);
        return delays.Summarize().P50 / 1000;
    }

    private static async Task<double> LogAsync()
    {
        var folder = Work.TempFolder();
        double time = 0;
        await using (var runtime = Work.Runtime(folder, options: new AgentRuntimeOptions { Journal = new JournalOptions { SaveInterval = TimeSpan.FromHours(1) } }))
        {
            List<string> ids = [];
            for (var i = 0; i < 1000; i++)
            {
                ids.Add((await runtime.Sessions.CreateAsync("bench", "assistant", Durability.Batched)).Record.Id);
            }

            for (var round = 0; round < 3; round++)
            {
                foreach (var id in ids)
                {
                    await Work.TurnAsync(runtime, id);
                }

                var started = Stopwatch.GetTimestamp();
                await runtime.Journal.FlushAsync();
                time = Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
        }

        Directory.Delete(folder, recursive: true);
        return time;
    }
}
