using System.Globalization;
using Troupe.Bench.Caching;

namespace Troupe.Bench.Scenarios;

/// <summary>The table of Mnemosine's write-up.</summary>
internal static class MnemosineScenario
{
    public const string Name = "Mnemosine";

    public const string Caption =
        "`POST /api/v1/agent/prompt` from 32 connections, 200 distinct prompts by Zipf's law (0.99), to a model that takes 100 ms. Before: an agent built for each request, a blocking call, nothing kept. Their after: the agent built once, answers kept by their prompt for everybody; no key, no owner, no disk. Ours: " +
        "durable sessions, the pool, and answers that one owner was given before; and the same with `\"cache\": false`, so that every answer is computed. Memory is what the process holds after the runs. Their table: " +
        "800 → 200 ms, 100 → 400 requests/s, 300 → 180 MB; start and size of ours are under Footprint.";

    private const int Connections = 32;
    private const int Prompts = 200;
    private const int Rounds = 5;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Model = TimeSpan.FromMilliseconds(100);

    public static async Task<List<Row>> RunAsync()
    {
        var folder = Work.TempFolder();
        var order = Traces.Zipf(Prompts, 0.99, 4096, 3);
        Dictionary<string, (List<double> PerSecond, List<double> P50)> figures = new(StringComparer.Ordinal) { ["before"] = ([], []), ["after"] = ([], []), ["cached"] = ([], []), ["computed"] = ([], []) };
        double beforeMemory, memory;
        await using (var before = await ChildServer.SeedAsync("seed", Model))
        await using (var after = await ChildServer.SeedAsync("pooled", Model))
        await using (var ours = await ChildServer.TroupeAsync(folder, ("TROUPE_FIXED_DELAY_MS", Model.TotalMilliseconds.ToString(CultureInfo.InvariantCulture))))
        {
            var cached = Requests("true");
            var computed = Requests("false");
            for (var round = -1; round < Rounds; round++)
            {
                // The first round warms all up.
                foreach (var (name, url, requests) in new[] { ("before", before.Url, cached), ("after", after.Url, cached), ("cached", ours.Url, cached), ("computed", ours.Url, computed) })
                {
                    var result = await LoadGenerator.RunAsync(url, Connections, Duration, (connection, n) => requests[order[(connection + (Connections * n)) % order.Length]]);
                    if (result.Failures > 0)
                    {
                        throw new InvalidOperationException($"{result.Failures} requests failed.");
                    }

                    if (round >= 0)
                    {
                        figures[name].PerSecond.Add(result.PerSecond);
                        figures[name].P50.Add(result.Microseconds.P50 / 1000);
                    }
                }
            }

            (beforeMemory, memory) = (before.ResidentBytes / 1e6, ours.ResidentBytes / 1e6);
        }

        Directory.Delete(folder, recursive: true);
        return
        [
            Row.Of(Name, "response p50, before", "ms", figures["before"].P50),
            Row.Of(Name, "response p50, their after", "ms", figures["after"].P50),
            Row.Of(Name, "response p50, ours", "ms", figures["cached"].P50),
            Row.Of(Name, "response p50, ours, all computed", "ms", figures["computed"].P50),
            Row.Of(Name, "requests, before", "/s", figures["before"].PerSecond),
            Row.Of(Name, "requests, their after", "/s", figures["after"].PerSecond),
            Row.Of(Name, "requests, ours", "/s", figures["cached"].PerSecond),
            Row.Of(Name, "requests, ours, all computed", "/s", figures["computed"].PerSecond),
            Row.Of(Name, "memory, before", "MB", [beforeMemory]),
            Row.Of(Name, "memory, ours", "MB", [memory]),
        ];
    }

    private static byte[][] Requests(string cache) =>
        [.. Enumerable.Range(0, Prompts).Select(i => LoadGenerator.Post("/api/v1/agent/prompt", $$"""{"message":"{{Work.Message}} ({{i}})","cache":{{cache}}}""", ChildServer.Token))];
}
