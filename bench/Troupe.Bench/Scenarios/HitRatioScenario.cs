using System.Globalization;
using Troupe.Bench.Caching;
using Troupe.Caching;

namespace Troupe.Bench.Scenarios;

/// <summary>How much of what is asked the cache has.</summary>
internal static class HitRatioScenario
{
    public const string Name = "Hit ratio";

    public const string Caption =
        "Each trace is asked of the cache once, one key after another, bounded by entries; beside it LRU in the same cache, and S3-FIFO written down plainly for one thread. web12 and orm-busy are " +
        "recorded (a web server, 95,607 requests; an ORM, 5,000,000); zipf, scan and loop are made here from a seed. The figures do not depend on the machine.";

    private const double Near = 0.3;

    public static Task<List<Row>> RunAsync()
    {
        var rows = new List<Row>();
        Measure(rows, "web12 at 687", Traces.Read("web12"), 687, 64.5);
        Measure(rows, "web12 at 2,750", Traces.Read("web12"), 2750);
        Measure(rows, "orm-busy at 3,817", Traces.Read("orm-busy"), 3817, 85.0);
        Measure(rows, "zipf 0.99 of 100,000 at 5,000", Traces.Zipf(100_000, 0.99, 500_000, 1), 5000);
        Measure(rows, "scan at 5,000", Traces.Scan(100_000, 500_000, 2), 5000);
        Measure(rows, "loop of 6,000 at 5,000", Traces.Loop(6000, 300_000), 5000);
        return Task.FromResult(rows);
    }

    private static void Measure(List<Row> rows, string trace, int[]? keys, int capacity, double? mark = null)
    {
        if (keys is null)
        {
            return;
        }

        var ours = Ask(keys, capacity, EvictionKind.S3Fifo);
        var plain = new SequentialS3Fifo(capacity);
        var sequential = 100.0 * keys.Count(plain.Ask) / keys.Length;
        rows.Add(Row.Of(Name, trace, "%", [ours], mark is { } least ? string.Create(CultureInfo.InvariantCulture, $"≥ {least:0.0}") : null, mark is null ? null : v => v >= mark));
        rows.Add(Row.Of(Name, $"{trace}: LRU", "%", [Ask(keys, capacity, EvictionKind.Lru)]));
        rows.Add(Row.Of(Name, $"{trace}: from the plain S3-FIFO", "points", [ours - sequential], string.Create(CultureInfo.InvariantCulture, $"within {Near}"), v => Math.Abs(v) <= Near));
    }

    private static double Ask(int[] keys, int capacity, EvictionKind eviction)
    {
        using var cache = new Cache<int, int>(new CacheOptions<int, int>
        {
            Name = "trace",
            MaxEntries = capacity,
            MaxBytes = 1L << 34,
            TimeToLive = null,
            SweepInterval = TimeSpan.Zero,
            IsMemoryShort = static () => false,
            Eviction = eviction,
        });
        var hits = 0;
        foreach (var key in keys)
        {
            if (cache.TryGet(key, out _))
            {
                hits++;
            }
            else
            {
                cache.Set(key, key);
            }
        }

        return 100.0 * hits / keys.Length;
    }
}
