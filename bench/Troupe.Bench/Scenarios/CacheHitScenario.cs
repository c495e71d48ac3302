using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Memory;
using Troupe.Bench.Caching;
using Troupe.Caching;

namespace Troupe.Bench.Scenarios;

/// <summary>What a hit costs.</summary>
internal static class CacheHitScenario
{
    public const string Name = "Cache hit";

    public const string Caption =
        "10,000 string keys, all there, asked for by Zipf's law (0.99) on one and on two threads: a read of `ConcurrentDictionary` as the floor, the cache (with a time to live, its counting and its " +
        "bookkeeping) by `TryGet` and by `GetAsync`, and `MemoryCache` (with a time to live). Each run measures all four, one after another; a ratio is taken within its run.";

    private const int Keys = 10_000;
    private const int Runs = 9;
    private const int Reads = 4_000_000;
    private const int Mask = (1 << 16) - 1;

    public static Task<List<Row>> RunAsync()
    {
        var keys = Enumerable.Range(0, Keys).Select(i => $"user:{i}:profile").ToArray();
        var order = Traces.Zipf(Keys, 0.99, Mask + 1, 1).Select(k => keys[k]).ToArray();
        var value = new object();
        var dictionary = new ConcurrentDictionary<string, object>(StringComparer.Ordinal);
        using var cache = new Cache<string, object>(new CacheOptions<string, object> { Name = "hits", MaxEntries = 2 * Keys, TimeToLive = TimeSpan.FromHours(1), KeyComparer = StringComparer.Ordinal });
        using var memory = new MemoryCache(new MemoryCacheOptions { TrackStatistics = true });
        foreach (var key in keys)
        {
            dictionary[key] = value;
            cache.Set(key, value);
            memory.Set(key, value, TimeSpan.FromHours(1));
        }

        Func<string, CancellationToken, Task<object>> load = static (_, _) => throw new InvalidOperationException("It is there.");
        (string Name, Func<int, int, int> Read)[] ways =
        [
            ("dictionary", (from, to) => ReadDictionary(dictionary, order, from, to)),
            ("cache", (from, to) => ReadCache(cache, order, from, to)),
            ("cache async", (from, to) => ReadCacheAsync(cache, load, order, from, to)),
            ("MemoryCache", (from, to) => ReadMemory(memory, order, from, to)),
        ];
        foreach (var (_, read) in ways)
        {
            // Until the code is compiled as it will stay.
            for (var i = 0; i < 20; i++)
            {
                read(0, Reads / 10);
                Thread.Sleep(10);
            }
        }

        List<Row> rows = [];
        foreach (var threads in new[] { 1, 2 })
        {
            var times = ways.ToDictionary(w => w.Name, _ => new List<double>(), StringComparer.Ordinal);
            for (var run = 0; run < Runs; run++)
            {
                // Another order each time, so that nobody always comes after the same.
                foreach (var (name, read) in ways.Skip(run % ways.Length).Concat(ways.Take(run % ways.Length)))
                {
                    times[name].Add(Time(read, threads));
                }
            }

            var on = threads == 1 ? "one thread" : "two threads";
            rows.Add(Row.Of(Name, $"dictionary read, {on}", "ns", times["dictionary"]));
            rows.Add(Row.Of(Name, $"TryGet against a dictionary read, {on}", "×", Ratio("cache", "dictionary"), threads == 1 ? "≤ 1.5" : "≤ 2.2", v => v <= (threads == 1 ? 1.5 : 2.2)));
            rows.Add(Row.Of(Name, $"GetAsync against a dictionary read, {on}", "×", Ratio("cache async", "dictionary"), threads == 1 ? "≤ 2" : "≤ 2.8", v => v <= (threads == 1 ? 2 : 2.8)));
            rows.Add(Row.Of(Name, $"MemoryCache against TryGet, {on}", "×", Ratio("MemoryCache", "cache"), "≥ 1.7", v => v >= 1.7));

            List<double> Ratio(string one, string other) => [.. times[one].Zip(times[other], (a, b) => a / b)];
        }

        // The sum over all reads, of several runs: what the runtime itself allocates once is not a hit's.
        List<double> allocated = [];
        for (var run = 0; run < Runs; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ReadCache(cache, order, 0, Reads);
            ReadCacheAsync(cache, load, order, 0, Reads);
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        rows.Add(Row.Of(Name, $"allocated by {2 * Reads:N0} hits", "bytes", allocated, "0", v => v == 0));
        return Task.FromResult(rows);
    }

    private static int ReadDictionary(ConcurrentDictionary<string, object> dictionary, string[] order, int from, int to)
    {
        var found = 0;
        for (var i = from; i < to; i++)
        {
            found += dictionary.TryGetValue(order[i & Mask], out _) ? 1 : 0;
        }

        return found;
    }

    private static int ReadCache(Cache<string, object> cache, string[] order, int from, int to)
    {
        var found = 0;
        for (var i = from; i < to; i++)
        {
            found += cache.TryGet(order[i & Mask], out _) ? 1 : 0;
        }

        return found;
    }

    private static int ReadCacheAsync(Cache<string, object> cache, Func<string, CancellationToken, Task<object>> load, string[] order, int from, int to)
    {
        var found = 0;
        for (var i = from; i < to; i++)
        {
            found += cache.GetAsync(order[i & Mask], load).IsCompletedSuccessfully ? 1 : 0;
        }

        return found;
    }

    private static int ReadMemory(MemoryCache memory, string[] order, int from, int to)
    {
        var found = 0;
        for (var i = from; i < to; i++)
        {
            found += memory.TryGetValue(order[i & Mask], out _) ? 1 : 0;
        }

        return found;
    }

    /// <summary>Nanoseconds a read, on each of the threads.</summary>
    private static double Time(Func<int, int, int> read, int threads)
    {
        var started = Stopwatch.GetTimestamp();
        if (threads == 1)
        {
            Check(read(0, Reads));
        }
        else
        {
            var others = Enumerable.Range(0, threads).Select(t => new Thread(() => Check(read(t * 7919, Reads + (t * 7919))))).ToList();
            others.ForEach(t => t.Start());
            others.ForEach(t => t.Join());
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / Reads;

        static void Check(int found) => _ = found == Reads ? found : throw new InvalidOperationException($"{found} of {Reads} were there.");
    }
}
