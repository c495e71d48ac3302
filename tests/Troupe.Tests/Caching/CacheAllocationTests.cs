using Troupe.Caching;

namespace Troupe.Tests.Caching;

/// <summary>What a hit costs.</summary>
public sealed class CacheAllocationTests
{
    private const int Hits = 100_000;
    private const int Attempts = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hit_allocates_nothing(bool tagged)
    {
        using var cache = new Cache<string, string>(Caches.Options);
        string[] keys = [.. Enumerable.Range(0, 16).Select(i => $"key {i}")];
        var entry = tagged ? new CacheEntryOptions { Tags = ["owner", "session"] } : null;
        Array.ForEach(keys, k => cache.Set(k, k, entry));
        await Task.Yield();
        Assert.Equal(Hits, Run(cache, keys));

        // The least of several: a collection for another thread may put the rest of this one's buffer on its account; a hit that allocated would do so each time.
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var hits = Run(cache, keys);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(Hits, hits);
        }

        Assert.Equal(0, least);
        Assert.Equal(2L * (Attempts + 1) * Hits, cache.Statistics.Fresh);
    }

    private static int Run(Cache<string, string> cache, string[] keys)
    {
        var hits = 0;
        for (var i = 0; i < Hits; i++)
        {
            var key = keys[i & 15];
            if (cache.TryGet(key, out _) && cache.GetAsync(key, static (_, _) => throw new InvalidOperationException("not a hit")).IsCompletedSuccessfully)
            {
                hits++;
            }
        }

        return hits;
    }
}
