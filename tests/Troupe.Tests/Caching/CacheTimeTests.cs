using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>How long values are fresh, stale and remembered as failed, to the tick.</summary>
public sealed class CacheTimeTests
{
    private readonly ManualTime _time = new();
    private readonly GatedLoad _load = new();

    [Fact]
    public void A_value_is_fresh_up_to_its_last_tick_and_not_longer()
    {
        var random = new Random(1);
        using var cache = new Cache<string, string>(Options, _time);
        for (var round = 0; round < 2000; round++)
        {
            var time = TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerMillisecond, TimeSpan.FromDays(round % 2 == 0 ? 365 : 1).Ticks));
            cache.Set("key", "value", new CacheEntryOptions { TimeToLive = time });
            _time.Advance(time - Tick);
            Assert.True(cache.TryGet("key", out _), $"{time} ended early");
            _time.Advance(Tick);
            Assert.False(cache.TryGet("key", out _), $"{time} ended late");
        }
    }

    [Fact]
    public void A_value_without_a_time_is_fresh_for_ever()
    {
        using var cache = new Cache<string, string>(Options with { TimeToLive = null }, _time);
        cache.Set("key", "value");
        _time.Advance(TimeSpan.FromDays(100_000));
        Assert.True(cache.TryGet("key", out _));
    }

    [Fact]
    public async Task On_the_machines_own_clock_a_short_time_ends_too()
    {
        var time = TimeProvider.System;
        using var cache = new Cache<string, string>(Options with { TimeToLive = TimeSpan.FromMilliseconds(1) });
        cache.Set("key", "value");
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < TimeSpan.FromMilliseconds(1))
        {
            await Task.Yield();
        }

        Assert.False(cache.TryGet("key", out _));
    }

    [Fact]
    public async Task What_is_stale_is_served_at_once_up_to_its_last_tick_and_loaded_anew_once()
    {
        using var cache = new Cache<string, string>(Options with { StaleFor = TimeSpan.FromSeconds(7) }, _time);
        cache.Set("key", "old");
        _time.Advance(Minute);
        for (var i = 0; i < 10; i++)
        {
            var asked = cache.GetAsync("key", _load.RunAsync);
            Assert.True(asked.IsCompletedSuccessfully);
            Assert.Equal("old", await asked);
        }

        var refresh = await _load.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(7) - Tick);
        Assert.Equal("old", await cache.GetAsync("key", _load.RunAsync));
        _time.Advance(Tick);
        var waits = cache.GetAsync("key", _load.RunAsync).AsTask();
        Assert.False(waits.IsCompleted);
        refresh.End.SetResult("new");

        Assert.Equal("new", await waits.Soon());
        Assert.Equal(1, _load.Count);
        var statistics = cache.Statistics;
        Assert.Equal((0, 11, 0, 1), (statistics.Fresh, statistics.Stale, statistics.Misses, statistics.Coalesced));
    }

    [Fact]
    public async Task A_refresh_goes_on_though_who_joined_it_leaves()
    {
        using var cache = new Cache<string, string>(Options with { StaleFor = TimeSpan.FromSeconds(7) }, _time);
        using var stop = new CancellationTokenSource();
        cache.Set("key", "old");
        _time.Advance(Minute);
        await cache.GetAsync("key", _load.RunAsync);
        var refresh = await _load.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(7));
        var joined = cache.GetAsync("key", _load.RunAsync, cancellationToken: stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joined.Soon());
        Assert.False(refresh.Token.IsCancellationRequested);
        var again = cache.GetAsync("key", _load.RunAsync).AsTask();
        refresh.End.SetResult("new");
        Assert.Equal("new", await again.Soon());
    }

    [Fact]
    public async Task A_refresh_that_fails_leaves_the_stale_value_until_its_end()
    {
        using var cache = new Cache<string, string>(Options with { StaleFor = Minute }, _time);
        cache.Set("key", "old");
        _time.Advance(Minute);
        Assert.Equal("old", await cache.GetAsync("key", Throws(new InvalidDataException("down"))));
        await Until(() => cache.Statistics.Failures == 1);
        _time.Advance(Minute - Tick);
        Assert.Equal("old", await cache.GetAsync("key", _load.RunAsync));
        (await _load.NextAsync()).End.SetException(new InvalidDataException("down"));
        await Until(() => cache.Statistics.Failures == 2);
        _time.Advance(Tick);
        await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("key", Throws(new InvalidDataException("down"))).AsTask().Soon());
    }

    [Fact]
    public async Task What_was_invalidated_is_not_served_stale()
    {
        using var cache = new Cache<string, string>(Options with { StaleFor = Minute }, _time);
        cache.Set("key", "old", new CacheEntryOptions { Tags = ["tag"] });
        _time.Advance(Minute);
        cache.Invalidate("tag");
        Assert.Equal("new", await cache.GetAsync("key", Gives("new")).AsTask().Soon());
    }

    [Fact]
    public async Task After_failures_a_key_rests_twice_as_long_each_time_up_to_the_most_until_it_succeeds()
    {
        using var cache = new Cache<string, string>(Options with { FailureBackoff = TimeSpan.FromSeconds(1.0000001), MaxFailureBackoff = TimeSpan.FromSeconds(5) }, _time);
        var backedOff = 0;
        foreach (var rest in new[] { 1.0000001, 2.0000002, 4.0000004, 5, 5 })
        {
            var failure = new InvalidDataException("down");
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("key", Throws(failure)).AsTask().Soon()));
            _time.Advance(TimeSpan.FromSeconds(rest) - Tick);
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("key", _load.RunAsync).AsTask().Soon()));
            Assert.Equal(++backedOff, cache.Statistics.BackedOff);
            Assert.Equal("other", await cache.GetAsync("other", Gives("other")).AsTask().Soon());
            _time.Advance(Tick);
        }

        Assert.Equal("value", await cache.GetAsync("key", Gives("value")).AsTask().Soon());
        cache.Remove("key");
        await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("key", Throws(new InvalidDataException("again"))).AsTask().Soon());
        _time.Advance(TimeSpan.FromSeconds(1.0000001));
        Assert.Equal("value", await cache.GetAsync("key", Gives("value")).AsTask().Soon());
        Assert.Equal(0, _load.Count);
        Assert.Equal(cache.Statistics.Requests, cache.Statistics.Misses + cache.Statistics.Fresh);
    }

    [Fact]
    public async Task While_a_key_rests_its_stale_value_is_served_and_not_loaded()
    {
        using var cache = new Cache<string, string>(Options with { StaleFor = Minute, FailureBackoff = TimeSpan.FromSeconds(5) }, _time);
        cache.Set("key", "old");
        _time.Advance(Minute);
        await cache.GetAsync("key", Throws(new InvalidDataException("down")));
        await Until(() => cache.Statistics.Failures == 1);
        Assert.Equal("old", await cache.GetAsync("key", _load.RunAsync));
        Assert.Equal(1, cache.Statistics.Loads);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("old", await cache.GetAsync("key", _load.RunAsync));
        Assert.Equal(2, cache.Statistics.Loads);
    }

    [Fact]
    public void A_key_that_fails_and_succeeds_in_turn_does_not_make_others_forget_their_failures()
    {
        var book = new FailureBook<string>(Minute, Minute, StringComparer.Ordinal, _time);
        var failure = new InvalidDataException("down");
        book.Failed("rests", failure);
        for (var i = 0; i < 5000; i++)
        {
            book.Failed("flaps", failure);
            book.Succeeded("flaps");
        }

        book.Failed("flaps", failure);
        Assert.NotNull(book.Recent("rests"));
        Assert.NotNull(book.Recent("flaps"));
    }

    [Fact]
    public void Failures_are_remembered_of_the_last_1024_keys()
    {
        var book = new FailureBook<int>(Minute, Minute, EqualityComparer<int>.Default, _time);
        for (var i = 0; i < 3000; i++)
        {
            book.Failed(i, new InvalidDataException("down"));
        }

        Assert.Equal(Enumerable.Range(3000 - 1024, 1024), Enumerable.Range(0, 3000).Where(i => book.Recent(i) is not null));
    }

    [Fact]
    public void Jitter_stays_within_its_share_and_comes_from_the_seed()
    {
        var ends = Ends(seed: 5);
        Assert.Equal(ends, Ends(seed: 5));
        Assert.NotEqual(ends, Ends(seed: 6));
        Assert.All(ends, e => Assert.InRange(e, Minute * 0.8, Minute));
        Assert.InRange(ends.Distinct().Count(), 80, 121);
        Assert.True(ends.Max() - ends.Min() > Minute * 0.15);

        List<TimeSpan> Ends(int seed)
        {
            var time = new ManualTime();
            using var cache = new Cache<int, int>(new CacheOptions<int, int> { Name = "test", TimeToLive = Minute, Jitter = 0.2, Random = new Random(seed), SweepInterval = TimeSpan.Zero }, time);
            for (var i = 0; i < 200; i++)
            {
                cache.Set(i, i);
            }

            // As long as each was really fresh, to a tenth of a second.
            var found = new List<TimeSpan>();
            var left = Enumerable.Range(0, 200).ToHashSet();
            for (var passed = TimeSpan.Zero; left.Count > 0; passed += TimeSpan.FromMilliseconds(100), time.Advance(TimeSpan.FromMilliseconds(100)))
            {
                found.AddRange(from i in left.Where(i => !cache.TryGet(i, out _)).ToList() where left.Remove(i) select passed);
            }

            return found;
        }
    }

    [Fact]
    public async Task Times_follow_the_values_within_their_bounds()
    {
        using var cache = new Cache<string, string>(
            Options with { StaleFor = TimeSpan.FromDays(1), AdaptiveTimeToLive = (TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(3)) }, _time);
        var weighed = 0;
        cache.Set("key", "same");
        await ExpectAsync(Minute, "same");
        await ExpectAsync(TimeSpan.FromMinutes(2), "same");
        await ExpectAsync(TimeSpan.FromMinutes(3), "same");
        await ExpectAsync(TimeSpan.FromMinutes(3), "other");
        await ExpectAsync(TimeSpan.FromMinutes(1.5), "third");
        await ExpectAsync(TimeSpan.FromSeconds(45), "fourth");
        await ExpectAsync(TimeSpan.FromSeconds(40), "fifth");
        await ExpectAsync(TimeSpan.FromSeconds(40), "fifth");
        await ExpectAsync(TimeSpan.FromSeconds(80), "fifth");

        // The value there is fresh for that long; then comes the next one.
        async Task ExpectAsync(TimeSpan time, string next)
        {
            _time.Advance(time - Tick);
            Assert.True(cache.TryGet("key", out _), $"step {weighed}: shorter than {time}");
            _time.Advance(Tick);
            Assert.False(cache.TryGet("key", out _), $"step {weighed}: longer than {time}");
            await cache.GetAsync("key", Gives(next));
            weighed++;
            await Until(() => cache.TryGet("key", out _));
        }
    }

    [Fact]
    public void A_sweep_takes_out_what_has_expired_and_only_that()
    {
        using var cache = new Cache<string, string>(Options with { StaleFor = TimeSpan.FromSeconds(5), SweepInterval = TimeSpan.FromSeconds(10) }, _time);
        cache.Set("short", "value", new CacheEntryOptions { TimeToLive = TimeSpan.FromSeconds(5) });
        cache.Set("stale", "value", new CacheEntryOptions { TimeToLive = TimeSpan.FromSeconds(5) + Tick });
        cache.Set("long", "value");
        _time.Advance(TimeSpan.FromSeconds(10) - Tick);
        Assert.Equal(3, cache.Count);
        _time.Advance(Tick);
        Assert.Equal((2, 1), (cache.Count, cache.Statistics.Expired));
        cache.Verify();
    }

    [Fact]
    public void Sweeps_get_through_a_large_cache_in_turns()
    {
        using var cache = new Cache<int, int>(new CacheOptions<int, int> { Name = "test", TimeToLive = Minute, SweepInterval = TimeSpan.FromSeconds(60), IsMemoryShort = static () => false }, _time);
        for (var i = 0; i < 3500; i++)
        {
            cache.Set(i, i);
        }

        _time.Advance(Minute);
        Assert.Equal(2500, cache.Count);
        for (var i = 0; i < 4; i++)
        {
            cache.Sweep();
        }

        Assert.Equal((0, 3500), (cache.Count, cache.Statistics.Expired));
        cache.Verify();
    }

    [Fact]
    public void A_machine_short_of_memory_takes_a_tenth_at_each_sweep()
    {
        var isShort = true;
        using var cache = new Cache<int, int>(new CacheOptions<int, int> { Name = "test", SweepInterval = TimeSpan.Zero, IsMemoryShort = () => isShort }, _time);
        for (var i = 0; i < 1000; i++)
        {
            cache.Set(i, i);
        }

        cache.Sweep();
        Assert.Equal(900, cache.Count);
        cache.Sweep();
        Assert.Equal((810, 190), (cache.Count, cache.Statistics.Evicted));
        isShort = false;
        cache.Sweep();
        Assert.Equal(810, cache.Count);
        cache.Trim(1);
        Assert.Equal(0, cache.Count);
        cache.Verify();
    }
}
