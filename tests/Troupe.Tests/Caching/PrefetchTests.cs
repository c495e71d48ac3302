using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>Loads ahead of requests, and how many of them were of use.</summary>
public sealed class PrefetchTests
{
    private readonly ManualTime _time = new();
    private readonly GatedLoad _load = new();

    [Fact]
    public async Task What_was_loaded_ahead_is_there_and_counted_as_used_once()
    {
        await using var prefetcher = new Prefetcher();
        using var cache = New(prefetcher);
        Assert.True(cache.Prefetch("used", Gives("value")));
        Assert.True(cache.Prefetch("unused", Gives("value")));
        await Until(() => cache.Count == 2);
        var statistics = cache.Statistics;
        Assert.Equal((0, 2, 2, 0, 0d), (statistics.Requests, statistics.Loads, statistics.Prefetched, statistics.PrefetchUsed, statistics.PrefetchUsedRatio));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("value", await cache.GetAsync("used", _load.RunAsync));
        }

        statistics = cache.Statistics;
        Assert.Equal((5, 1, 0.5), (statistics.Fresh, statistics.PrefetchUsed, statistics.PrefetchUsedRatio));
        Assert.False(cache.Prefetch("used", _load.RunAsync));
        Assert.Equal(0, _load.Count);
    }

    [Fact]
    public async Task Who_asks_while_it_is_loaded_ahead_joins_that_load_and_it_counts_as_used_once()
    {
        await using var prefetcher = new Prefetcher();
        using var cache = New(prefetcher);
        cache.Prefetch("key", _load.RunAsync);
        var call = await _load.NextAsync();
        Assert.False(cache.Prefetch("key", _load.RunAsync));
        using var stop = new CancellationTokenSource();
        var leaves = cache.GetAsync("key", _load.RunAsync, cancellationToken: stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves.Soon());
        Assert.False(call.Token.IsCancellationRequested);
        var asked = cache.GetAsync("key", _load.RunAsync).AsTask();
        call.End.SetResult("value");
        Assert.Equal("value", await asked.Soon());
        cache.TryGet("key", out _);
        Assert.Equal((1, 1, 1, 2), (_load.Count, cache.Statistics.Prefetched, cache.Statistics.PrefetchUsed, cache.Statistics.Coalesced));
    }

    [Fact]
    public async Task A_refresh_ahead_of_a_key_that_is_asked_often_counts_as_used_too()
    {
        await using var prefetcher = new Prefetcher();
        using var cache = New(prefetcher);
        cache.Set("key", "old");
        for (var i = 0; i < 10; i++)
        {
            cache.TryGet("key", out _);
        }

        _time.Advance(Minute);
        cache.Prefetch("key", Gives("new"));
        await Until(() => cache.TryGet("key", out _));
        Assert.Equal((1, 1), (cache.Statistics.Prefetched, cache.Statistics.PrefetchUsed));
    }

    [Fact]
    public async Task A_full_queue_drops_what_is_newest_and_counts_it()
    {
        await using var prefetcher = new Prefetcher(capacity: 2, atOnce: 1);
        using var cache = New(prefetcher);
        Assert.True(cache.Prefetch("runs", _load.RunAsync));
        var call = await _load.NextAsync();
        Assert.True(cache.Prefetch("a", _load.RunAsync));
        Assert.True(cache.Prefetch("b", _load.RunAsync));
        Assert.False(cache.Prefetch("c", _load.RunAsync));
        Assert.False(cache.Prefetch("d", _load.RunAsync));
        Assert.Equal((2, 2), (prefetcher.Waiting, cache.Statistics.PrefetchDropped));
        call.End.SetResult("value");
        (await _load.NextAsync()).End.SetResult("value");
        var last = await _load.NextAsync();
        Assert.Equal("b", last.Key);
        last.End.SetResult("value");
        await Until(() => cache.Count == 3);
        Assert.Equal(3, cache.Statistics.Prefetched);
    }

    [Fact]
    public async Task What_came_meanwhile_is_not_loaded_ahead_again()
    {
        await using var prefetcher = new Prefetcher(capacity: 2, atOnce: 1);
        using var cache = New(prefetcher);
        cache.Prefetch("runs", _load.RunAsync);
        var call = await _load.NextAsync();
        cache.Prefetch("key", _load.RunAsync);
        cache.Set("key", "value");
        cache.Prefetch("last", _load.RunAsync);
        call.End.SetResult("value");
        Assert.Equal("last", (await _load.NextAsync()).Key);
        Assert.Equal(2, cache.Statistics.Prefetched);
    }

    [Fact]
    public async Task Wishes_that_cannot_be_fulfilled_are_refused_to_who_has_them_and_failures_stop_nothing()
    {
        await using var prefetcher = new Prefetcher(capacity: 10, atOnce: 1);
        using var cache = New(prefetcher);
        var tags = new CacheEntryOptions { Tags = [.. Enumerable.Range(0, 33).Select(i => $"t{i}")] };
        Assert.Throws<ArgumentException>(() => cache.Prefetch("key", _load.RunAsync, tags));
        Assert.True(prefetcher.TryAdd(static _ => throw new InvalidDataException("at once")));
        Assert.True(prefetcher.TryAdd(static _ => Task.FromException(new InvalidDataException("later"))));
        cache.Prefetch("fails", Throws(new InvalidDataException("down")));
        cache.Prefetch("key", Gives("value"));
        await Until(() => cache.Count == 1);
        Assert.Equal(1, cache.Statistics.Failures);
    }

    [Fact]
    public async Task Without_a_prefetcher_nothing_is_loaded_ahead()
    {
        using var cache = new Cache<string, string>(Options, _time);
        Assert.False(cache.Prefetch("key", _load.RunAsync));
        await Task.Yield();
        Assert.Equal(0, _load.Count);
    }

    [Fact]
    public async Task Ending_does_not_wait_for_a_load_that_hangs()
    {
        var catalog = new CacheCatalog();
        var cache = New(catalog.Prefetcher);
        catalog.Add(cache);
        cache.Prefetch("key", _load.RunAsync);
        var call = await _load.NextAsync();
        await catalog.DisposeAsync().AsTask().Soon();
        await call.Cancelled.Soon();
        Assert.False(cache.Prefetch("other", _load.RunAsync));
    }

    [Fact]
    public async Task A_catalog_knows_its_caches_by_name_and_clears_them_together()
    {
        await using var catalog = new CacheCatalog();
        var one = new Cache<string, string>(Options with { Name = "one", Tags = catalog.Tags }, _time);
        var two = new Cache<string, string>(Options with { Name = "two", Tags = catalog.Tags }, _time);
        catalog.Add(two);
        catalog.Add(one);
        Assert.Equal([one, two], catalog.All);
        Assert.Same(one, catalog.Find("one"));
        Assert.Null(catalog.Find("three"));
        Assert.Equal("cache_exists", Assert.Throws<TroupeException>(() => catalog.Add(two)).Code);
        var tagged = new CacheEntryOptions { Tags = [CacheCatalog.TagOfOwner("ann")] };
        one.Set("tagged", "value", tagged);
        two.Set("tagged", "value", tagged);
        two.Set("key", "value");
        catalog.Tags.Invalidate(CacheCatalog.TagOfOwner("ann"));
        Assert.False(one.TryGet("tagged", out _) || two.TryGet("tagged", out _));
        Assert.True(two.TryGet("key", out _));
        catalog.Clear();
        Assert.Equal((0, 0), (one.Count, two.Count));
    }

    private Cache<string, string> New(Prefetcher prefetcher) => new(Options with { Prefetcher = prefetcher }, _time);
}
