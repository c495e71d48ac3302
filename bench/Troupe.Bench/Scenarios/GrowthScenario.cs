using System.Diagnostics;
using Troupe.Agents;
using Troupe.Storage;

namespace Troupe.Bench.Scenarios;

/// <summary>What a turn costs as things grow.</summary>
internal static class GrowthScenario
{
    public const string Name = "Growth";

    public const string Caption =
        "Durable turns in process, one after another, the small and the large in turn, now the one first and now the other, medians compared. Length: sessions at their 100th and " +
        "at their 10,000th turn. Stored: turns on 64 sessions of a store that holds 100 and of one that holds 100,000, after the write-ahead log of each has been round once. Live: the same with 64 and with 10,000 " +
        "sessions in memory.";

    private const int Rounds = 5;
    private const int Samples = 200;
    private const int Warming = 6000;

    public static async Task<List<Row>> RunAsync() => [await LengthAsync(), await StoredAsync(), await LiveAsync()];

    private static async Task<Row> LengthAsync()
    {
        var folder = Work.TempFolder();
        List<double> ratios = [];
        await using (var runtime = Work.Runtime(folder))
        {
            var old = await GrownAsync(runtime, 10_000);
            for (var round = 0; round < Rounds; round++)
            {
                List<double> early = [], late = [];
                for (var block = 0; block < 4; block++)
                {
                    // Turns 75 to 125 of a fresh session, beside as many of the old one.
                    var young = await GrownAsync(runtime, 75);
                    for (var n = 0; n < Samples / 4; n++)
                    {
                        await PairAsync(n, () => TimeAsync(runtime, young), early, () => TimeAsync(runtime, old), late);
                    }
                }

                ratios.Add(Row.Median(late) / Row.Median(early));
            }
        }

        Directory.Delete(folder, recursive: true);
        return Row.Of(Name, "the 10,000th turn against the 100th", "×", ratios, "≤ 1.2", v => v <= 1.2);
    }

    private static async Task<Row> StoredAsync()
    {
        var (small, large) = (Work.TempFolder(), Work.TempFolder());
        List<double> ratios = [];
        await using (var few = Work.Runtime(small))
        await using (var many = Work.Runtime(large))
        {
            var fewIds = await StoreAsync(few, 100);
            var manyIds = await StoreAsync(many, 100_000);

            // Until the write-ahead log has been round once: while its file still grows, a commit costs more, in either store.
            await Task.WhenAll(
                Parallel.ForAsync(0, Warming, async (n, _) => await Work.TurnAsync(few, fewIds[n % 64])),
                Parallel.ForAsync(0, Warming, async (n, _) => await Work.TurnAsync(many, manyIds[n % 64 * (manyIds.Count / 64)])));
            for (var round = 0; round < Rounds; round++)
            {
                List<double> a = [], b = [];
                for (var n = 0; n < Samples; n++)
                {
                    var (small64, large64) = (fewIds[n % 64], manyIds[n % 64 * (manyIds.Count / 64)]);
                    await PairAsync(n, () => TimeAsync(few, small64), a, () => TimeAsync(many, large64), b);
                }

                ratios.Add(Row.Median(b) / Row.Median(a));
            }
        }

        Directory.Delete(small, recursive: true);
        Directory.Delete(large, recursive: true);
        return Row.Of(Name, "100,000 stored sessions against 100", "×", ratios, "≤ 1.2", v => v <= 1.2);
    }

    private static async Task<Row> LiveAsync()
    {
        var (small, large) = (Work.TempFolder(), Work.TempFolder());
        List<double> ratios = [];
        await using (var few = Work.Runtime(small))
        await using (var many = Work.Runtime(large))
        {
            var (fewIds, manyIds) = (await StoreAsync(few, 64), await StoreAsync(many, 10_000));
            await Task.WhenAll(
                Parallel.ForAsync(0, 10_000, async (n, _) => await Work.TurnAsync(few, fewIds[n % 64])), Parallel.ForAsync(0, 10_000, async (n, _) => await Work.TurnAsync(many, manyIds[n])));
            if ((few.Sessions.Statistics.Loaded, many.Sessions.Statistics.Loaded) is not (64, 10_000))
            {
                throw new InvalidOperationException($"{many.Sessions.Statistics.Loaded} sessions are in memory.");
            }

            for (var round = 0; round < Rounds; round++)
            {
                List<double> a = [], b = [];
                for (var n = 0; n < Samples; n++)
                {
                    var (one, other) = (fewIds[n % 64], manyIds[n * 47 % 10_000]);
                    await PairAsync(n, () => TimeAsync(few, one), a, () => TimeAsync(many, other), b);
                }

                ratios.Add(Row.Median(b) / Row.Median(a));
            }
        }

        Directory.Delete(small, recursive: true);
        Directory.Delete(large, recursive: true);
        return Row.Of(Name, "10,000 live sessions against 64", "×", ratios, "≤ 1.2", v => v <= 1.2);
    }

    /// <summary>Measures both, now the one first and now the other: whoever comes first wakes the threads for the second.</summary>
    private static async Task PairAsync(int n, Func<Task<double>> one, List<double> ones, Func<Task<double>> other, List<double> others)
    {
        if (n % 2 == 0)
        {
            ones.Add(await one());
            others.Add(await other());
        }
        else
        {
            others.Add(await other());
            ones.Add(await one());
        }
    }

    private static async Task<string> GrownAsync(AgentRuntime runtime, int turns)
    {
        var id = (await runtime.Sessions.CreateAsync("bench", "assistant", Durability.Durable)).Record.Id;
        for (var n = 0; n < turns; n++)
        {
            await Work.TurnAsync(runtime, id);
        }

        return id;
    }

    private static async Task<List<string>> StoreAsync(AgentRuntime runtime, int sessions)
    {
        var ids = new string[sessions];
        await Parallel.ForAsync(0, sessions, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, token) =>
        {
            var (session, _) = await runtime.Sessions.ImportAsync(
                "bench", "assistant", Durability.Durable, null, 2,
                [new Entry(1, 0, 0, EntryRole.User, default, Work.Message), new Entry(2, 1, 0, EntryRole.Assistant, default, Work.Reply)], cancellationToken: token);
            ids[i] = session.Record.Id;
        });
        return [.. ids];
    }

    private static async Task<double> TimeAsync(AgentRuntime runtime, string session)
    {
        var begun = Stopwatch.GetTimestamp();
        await Work.TurnAsync(runtime, session);
        return Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
    }
}
