using System.Diagnostics;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Caching;
using Troupe.Models;
using Troupe.Specialists;
using Troupe.Storage;
using Troupe.Tools;

namespace Troupe.Bench.Scenarios;

/// <summary>The table of AI Life Coach's write-up.</summary>
internal static class LifeCoachScenario
{
    public const string Name = "LifeCoach";

    public const string Caption =
        "The coaching workload in the write-up's numbers: one user; 150 reads of the profile (12.5 ms each) and 90 of the goals (8.3 ms), with 3 writes in between; " +
        "120 tool calls (5.2 ms) of which 12 are distinct; three specialists that take 2.5, 2.3 and 2.1 s, scaled by a tenth, asked 3 times. Before: every read and call is made, specialists one after another, capped " +
        "at one question. Their after: a dictionary under a lock, and the specialists on threads of a pool. Ours: two caches with the write-up's times and sizes (10 minutes/500, 5 minutes/1,000), a pure tool kept for 3 minutes, the panel of specialists.";

    private const double Scale = 0.1;
    private const int Runs = 5;
    private static readonly (string Name, double Ms)[] Experts = [("career", 2500), ("finance", 2300), ("wellness", 2100)];

    public static async Task<List<Row>> RunAsync()
    {
        List<double> readsBefore = [], readsAfter = [], askedAfter = [], reads = [], hits = [], toolsBefore = [], tools = [], saved = [], askedBefore = [], asked = [], slowest = [];
        for (var run = 0; run < Runs; run++)
        {
            readsBefore.Add(await TimeAsync(async () =>
            {
                for (var i = 0; i < 240; i++)
                {
                    await WaitAsync(i < 150 ? 12.5 : 8.3);
                }
            }) / 240);
            readsAfter.Add(await ReadAfterAsync());
            var (time, rate) = await ReadAsync();
            reads.Add(time);
            hits.Add(rate);
            toolsBefore.Add(await TimeAsync(async () =>
            {
                for (var i = 0; i < 120; i++)
                {
                    await WaitAsync(5.2);
                }
            }) / 120);
            var (calls, each) = await ToolsAsync();
            tools.Add(each);
            saved.Add(100 * (1 - (calls / 120.0)));
            askedBefore.Add(await TimeAsync(async () =>
            {
                foreach (var (_, ms) in Experts)
                {
                    await WaitAsync(ms * Scale);
                }
            }));
            askedAfter.Add(await TimeAsync(() => Task.WhenAll(Experts.Select(e => Task.Run(() => Thread.Sleep(TimeSpan.FromMilliseconds(e.Ms * Scale)))))));
            var (whole, longest) = await ConsultAsync();
            asked.Add(whole);
            slowest.Add(whole / longest);
        }

        return
        [
            Row.Of(Name, "a read of profile or goals, before", "ms", readsBefore),
            Row.Of(Name, "a read of profile or goals, their after", "ms", readsAfter),
            Row.Of(Name, "a read of profile or goals, ours", "ms", reads),
            Row.Of(Name, "hit rate, ours", "%", hits, "> 95", v => v > 95),
            Row.Of(Name, "a tool call, before", "ms", toolsBefore),
            Row.Of(Name, "a tool call, ours", "ms", tools),
            Row.Of(Name, "tool calls saved, ours", "%", saved, "≥ 90", v => v >= 90),
            Row.Of(Name, "three specialists, before", "ms", askedBefore),
            Row.Of(Name, "three specialists, their after", "ms", askedAfter),
            Row.Of(Name, "three specialists, ours", "ms", asked),
            Row.Of(Name, "against the slowest specialist, ours", "×", slowest, "≤ 1.05", v => v <= 1.05),
        ];
    }

    /// <summary>Their after: a dictionary under a lock, emptied of the user at each write.</summary>
    private static async Task<double> ReadAfterAsync()
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        var gate = new Lock();
        return await TimeAsync(async () =>
        {
            for (var i = 0; i < 150; i++)
            {
                await GetAsync("profile", 12.5);
                if (i < 90)
                {
                    await GetAsync("goals", 8.3);
                }

                if (i % 40 == 39)
                {
                    lock (gate)
                    {
                        kept.Clear();
                    }
                }
            }
        }) / 240;

        async Task GetAsync(string key, double ms)
        {
            lock (gate)
            {
                if (kept.ContainsKey(key))
                {
                    return;
                }
            }

            await WaitAsync(ms);
            lock (gate)
            {
                kept[key] = "what is stored";
            }
        }
    }

    private static async Task<(double Ms, double HitRate)> ReadAsync()
    {
        var tags = new CacheTags();
        using var profiles = new Cache<string, string>(new CacheOptions<string, string> { Name = "profiles", MaxEntries = 500, TimeToLive = TimeSpan.FromMinutes(10), Tags = tags });
        using var goals = new Cache<string, string>(new CacheOptions<string, string> { Name = "goals", MaxEntries = 1000, TimeToLive = TimeSpan.FromMinutes(5), Tags = tags });
        var entry = new CacheEntryOptions { Tags = ["user:1"] };
        var time = await TimeAsync(async () =>
        {
            for (var i = 0; i < 150; i++)
            {
                await profiles.GetAsync("user:1", static (_, _) => LoadAsync(12.5), entry);
                if (i < 90)
                {
                    await goals.GetAsync("user:1", static (_, _) => LoadAsync(8.3), entry);
                }

                if (i % 40 == 39)
                {
                    // A write: what is cached of the user is void.
                    tags.Invalidate("user:1");
                }
            }
        });
        var (p, g) = (profiles.Statistics, goals.Statistics);
        return (time / 240, 100.0 * (p.Fresh + g.Fresh) / (p.Requests + g.Requests));

        static async Task<string> LoadAsync(double ms)
        {
            await WaitAsync(ms);
            return "what is stored";
        }
    }

    private static async Task<(int Calls, double Ms)> ToolsAsync()
    {
        var folder = Work.TempFolder();
        var calls = 0;
        double each;
        await using (var runtime = new AgentRuntime(new MemoryStore()))
        {
            var asked = 0;
            runtime.Tools.Add(new ToolDefinition(AIFunctionFactory.Create(
                async (int goal) =>
                {
                    Interlocked.Increment(ref calls);
                    await WaitAsync(5.2);
                    return goal * 7;
                },
                "calculate_score", "The score of a goal.", null))
            {
                Kind = ToolKind.Pure,
                CacheFor = TimeSpan.FromMinutes(3),
            });
            runtime.Models.Add("asking", new AskingChatClient("calculate_score", () => new() { ["goal"] = asked++ % 12 }));
            runtime.Agents.Add(new AgentDefinition { Name = "coach", Tools = ["calculate_score"] });
            var session = await runtime.Sessions.CreateAsync("bench", "coach", Durability.Durable);

            // Ten turns of twelve calls, four at once.
            each = await TimeAsync(async () =>
            {
                for (var turn = 0; turn < 10; turn++)
                {
                    await Work.TurnAsync(runtime, session.Record.Id);
                }
            }) / 120;
        }

        Directory.Delete(folder, recursive: true);
        return (calls, each);
    }

    private static async Task<(double Ms, double Slowest)> ConsultAsync()
    {
        await using var runtime = new AgentRuntime(new MemoryStore());
        foreach (var (name, ms) in Experts)
        {
            runtime.Models.Add(name, new FixedChatClient(Work.Reply, TimeSpan.FromMilliseconds(ms * Scale)));
            runtime.Agents.Add(new AgentDefinition { Name = name, Model = name, Instructions = $"You advise on {name}." });
        }

        var panel = new SpecialistPanel(runtime, new PanelOptions { MaxWorkers = 4, Timeout = TimeSpan.FromSeconds(30) });
        await panel.ConsultAsync(Work.Message, ["career"]);
        List<double> times = [], slowest = [];
        for (var i = 0; i < 3; i++)
        {
            var consultation = await panel.ConsultAsync(Work.Message, [.. Experts.Select(e => e.Name)]);
            times.Add(consultation.Duration.TotalMilliseconds);
            slowest.Add(Experts[0].Ms * Scale);
        }

        return (Row.Median(times), Row.Median(slowest));
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static Task WaitAsync(double ms) => Task.Delay(TimeSpan.FromMilliseconds(ms));
}
