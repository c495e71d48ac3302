using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>Everything at once from several threads; then, at rest, everything adds up. TROUPE_TEST_SEED replays the choices, not their order.</summary>
public sealed class CacheStressTests
{
    private const int Threads = 6;
    private const int Calls = 12_000;

    public static TheoryData<int> Runs => Seeds.Of(2);

    [Theory]
    [MemberData(nameof(Runs), DisableDiscoveryEnumeration = true)]
    public async Task Everything_at_once_leaves_queues_dictionary_and_counts_in_accord(int seed)
    {
        foreach (var eviction in new[] { EvictionKind.S3Fifo, EvictionKind.Lru })
        {
            await using var prefetcher = new Prefetcher(capacity: 16);
            using var cache = new Cache<int, int>(
                new CacheOptions<int, int>
                {
                    Name = "test",
                    MaxEntries = 40,
                    MaxBytes = 12_000,
                    Weigh = static (_, v) => v % 200,
                    TimeToLive = TimeSpan.FromMilliseconds(1),
                    StaleFor = TimeSpan.FromMilliseconds(1),
                    FailureBackoff = TimeSpan.FromMilliseconds(1),
                    Eviction = eviction,
                    Prefetcher = prefetcher,
                    SweepInterval = TimeSpan.Zero,
                    IsMemoryShort = static () => false,
                });
            var requests = await OnThreadsAsync(thread => BusyAsync(cache, new Random(seed + thread)));

            // What runs in the background may still store something; that leaves nothing in discord either.
            cache.Verify();
            var statistics = cache.Statistics;
            Assert.Equal(requests.Sum(), statistics.Requests);
            Assert.Equal(statistics.Requests, statistics.Fresh + statistics.Stale + statistics.Misses + statistics.Coalesced);
            Assert.True(statistics is { Fresh: > 0, Misses: > 0, Evicted: > 0, Removed: > 0, Loads: > 0, Failures: > 0 }, $"Seed {seed}: {statistics}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_gets_what_was_void_before_they_asked(bool byTag)
    {
        const int keys = 8;
        using var cache = new Cache<int, long>(new CacheOptions<int, long> { Name = "test", StaleFor = Minute, MaxEntries = keys - 2, SweepInterval = TimeSpan.Zero, IsMemoryShort = static () => false });
        var entries = Enumerable.Range(0, keys).Select(k => byTag ? new CacheEntryOptions { Tags = ["all", $"key {k}"] } : null).ToArray();
        var source = new long[keys];
        var voided = new long[keys];
        await OnThreadsAsync(async thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < Calls; i++)
            {
                var key = random.Next(keys);
                if (random.Next(10) == 0)
                {
                    var changed = Interlocked.Increment(ref source[key]);
                    if (byTag)
                    {
                        cache.Invalidate($"key {key}");
                    }
                    else
                    {
                        cache.Remove(key);
                    }

                    // The greatest version that is surely void below.
                    for (var known = Volatile.Read(ref voided[key]); known < changed && Interlocked.CompareExchange(ref voided[key], changed, known) != known; known = Volatile.Read(ref voided[key]))
                    {
                    }

                    continue;
                }

                var least = Volatile.Read(ref voided[key]);
                var value = await cache.GetAsync(key, LoadAsync, entries[key]);
                Assert.True(value >= least, $"version {value} of key {key}, though {least} was there before it was asked for");
            }

            return Calls;

            async Task<long> LoadAsync(int key, CancellationToken cancellationToken)
            {
                var value = Volatile.Read(ref source[key]);
                await Task.Yield();
                return value;
            }
        });
        cache.Verify();
    }

    private static async Task<int> BusyAsync(Cache<int, int> cache, Random random)
    {
        CacheEntryOptions[] entries = [new(), new() { Tags = ["a"] }, new() { Tags = ["a", "b"], TimeToLive = Minute }];
        var requests = 0;
        for (var i = 0; i < Calls; i++)
        {
            var key = (int)(random.NextDouble() * random.NextDouble() * 120);
            var entry = entries[random.Next(entries.Length)];
            switch (random.Next(100))
            {
                case < 40:
                    requests++;
                    Assert.True(!cache.TryGet(key, out var value) || value / 1000 == key);
                    break;

                case < 70:
                    requests++;
                    using (var stop = new CancellationTokenSource())
                    {
                        var asked = cache.GetAsync(key, LoadAsync, entry, stop.Token);
                        if (random.Next(10) == 0)
                        {
                            await stop.CancelAsync();
                        }

                        try
                        {
                            Assert.Equal(key, await asked / 1000);
                        }
                        catch (Exception failure) when (failure is InvalidDataException or OperationCanceledException)
                        {
                            // The load failed, or this one left.
                        }
                    }

                    break;

                case < 85:
                    cache.Set(key, (key * 1000) + random.Next(1000), entry);
                    break;

                case < 91:
                    cache.Remove(key);
                    break;

                case < 93:
                    cache.Invalidate(random.Next(2) == 0 ? "a" : "b");
                    break;

                case < 96:
                    cache.Prefetch(key, LoadAsync, entry);
                    break;

                case < 97:
                    cache.Trim(random.NextDouble());
                    break;

                case < 98:
                    cache.Clear();
                    break;

                case < 99:
                    cache.Sweep();
                    break;

                default:
                    cache.Verify();
                    break;
            }
        }

        return requests;
    }

    private static async Task<int> LoadAsync(int key, CancellationToken cancellationToken)
    {
        if (key % 7 == 3)
        {
            throw new InvalidDataException("down");
        }

        if (key % 2 == 0)
        {
            await Task.Yield();
        }

        return (key * 1000) + (key * 7 % 1000);
    }

    private static Task<int[]> OnThreadsAsync(Func<int, Task<int>> run) => Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => run(thread)))).Soon();
}
