using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>One load a key: who gets its value, who its failure, and what is kept.</summary>
public sealed class CacheLoadTests
{
    private const int Callers = 100;

    private readonly ManualTime _time = new();
    private readonly GatedLoad _load = new();

    public enum Change
    {
        Remove,
        Set,
        Clear,
        Invalidate,
    }

    [Fact]
    public async Task A_hundred_callers_share_one_load()
    {
        using var cache = New();
        var callers = Enumerable.Range(0, Callers).Select(_ => cache.GetAsync("key", _load.RunAsync).AsTask()).ToArray();
        (await _load.NextAsync()).End.SetResult("value");

        Assert.All(await Task.WhenAll(callers).Soon(), v => Assert.Equal("value", v));
        Assert.Equal("value", await cache.GetAsync("key", _load.RunAsync));
        Assert.Equal(1, _load.Count);
        var statistics = cache.Statistics;
        Assert.Equal((1, Callers - 1, 1, 1), (statistics.Misses, statistics.Coalesced, statistics.Fresh, statistics.Loads));
    }

    [Fact]
    public async Task A_hundred_callers_of_a_load_that_fails_each_get_that_failure_and_the_next_loads_again()
    {
        using var cache = New();
        var callers = Enumerable.Range(0, Callers).Select(_ => cache.GetAsync("key", _load.RunAsync).AsTask()).ToArray();
        var failure = new InvalidDataException("down");
        (await _load.NextAsync()).End.SetException(failure);

        foreach (var caller in callers)
        {
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => caller.Soon()));
        }

        Assert.Equal((1, 1), (_load.Count, cache.Statistics.Failures));
        Assert.Equal("value", await cache.GetAsync("key", Gives("value")).AsTask().Soon());
    }

    [Fact]
    public async Task The_first_caller_may_leave_and_the_others_get_the_value()
    {
        using var cache = New();
        using var stop = new CancellationTokenSource();
        var first = cache.GetAsync("key", _load.RunAsync, cancellationToken: stop.Token).AsTask();
        var second = cache.GetAsync("key", _load.RunAsync).AsTask();
        var call = await _load.NextAsync();

        await stop.CancelAsync();
        var left = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Soon());
        Assert.Equal(stop.Token, left.CancellationToken);
        Assert.False(call.Token.IsCancellationRequested);
        call.End.SetResult("value");

        Assert.Equal("value", await second.Soon());
        Assert.True(cache.TryGet("key", out _));
    }

    [Fact]
    public async Task A_load_that_all_have_left_is_cancelled_and_what_it_still_brings_is_nobodys()
    {
        using var cache = New(Options with { FailureBackoff = Minute, MaxFailureBackoff = Minute });
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 3).Select(_ => cache.GetAsync("key", _load.RunAsync, cancellationToken: stop.Token).AsTask()).ToArray();
        var call = await _load.NextAsync();

        await stop.CancelAsync();
        foreach (var caller in callers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller.Soon());
        }

        await call.Cancelled.Soon();
        var next = cache.GetAsync("key", _load.RunAsync).AsTask();
        var second = await _load.NextAsync();
        call.End.SetResult("late");
        second.End.SetResult("value");

        Assert.Equal("value", await next.Soon());
        Assert.True(cache.TryGet("key", out var kept));
        Assert.Equal("value", kept);
        Assert.Equal(0, cache.Statistics.Failures);
    }

    [Fact]
    public async Task A_load_that_all_have_left_goes_on_where_that_is_wished()
    {
        using var cache = New(Options with { FinishAbandonedLoads = true });
        using var stop = new CancellationTokenSource();
        var first = cache.GetAsync("key", _load.RunAsync, cancellationToken: stop.Token).AsTask();
        var call = await _load.NextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Soon());
        Assert.False(call.Token.IsCancellationRequested);

        var next = cache.GetAsync("key", _load.RunAsync).AsTask();
        call.End.SetResult("value");

        Assert.Equal("value", await next.Soon());
        Assert.Equal(1, _load.Count);
    }

    [Fact]
    public async Task A_load_that_throws_at_once_fails_like_one_that_throws_later()
    {
        using var cache = New();
        var failure = new InvalidDataException("at once");
        Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("key", (_, _) => throw failure).AsTask().Soon()));
        Assert.Equal("value", await cache.GetAsync("key", Gives("value")).AsTask().Soon());
    }

    [Fact]
    public async Task A_load_that_blocks_does_not_block_who_asks()
    {
        using var cache = New();
        using var gate = new ManualResetEventSlim();
        var asked = cache.GetAsync("key", (_, _) =>
        {
            gate.Wait(2 * Limits.Wait);
            return Task.FromResult("value");
        }).AsTask();
        Assert.False(asked.IsCompleted);
        gate.Set();
        Assert.Equal("value", await asked.Soon());
    }

    [Fact]
    public async Task A_load_that_hangs_ends_at_its_deadline_to_the_tick_and_its_late_value_is_nobodys()
    {
        using var cache = New(Options with { LoadTimeout = TimeSpan.FromSeconds(10) });
        var asked = cache.GetAsync("key", _load.RunAsync).AsTask();
        var call = await _load.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(10) - Tick);
        Assert.False(call.Token.IsCancellationRequested);
        _time.Advance(Tick);

        var late = await Assert.ThrowsAsync<TimeoutException>(() => asked.Soon());
        Assert.Equal("A load of the cache 'test' took longer than 10 s.", late.Message);
        await call.Cancelled.Soon();
        var next = cache.GetAsync("key", _load.RunAsync).AsTask();
        var second = await _load.NextAsync();
        call.End.SetResult("late");
        second.End.SetResult("value");
        Assert.Equal("value", await next.Soon());
        Assert.True(cache.TryGet("key", out var kept));
        Assert.Equal("value", kept);
        Assert.Equal(1, cache.Statistics.Failures);
    }

    [Fact]
    public async Task Who_waits_is_told_of_the_deadline_even_if_the_load_blocks_when_it_is_stopped()
    {
        using var cache = New(Options with { LoadTimeout = TimeSpan.FromSeconds(10) });
        using var gate = new ManualResetEventSlim();
        var asked = cache.GetAsync("key", _load.RunAsync).AsTask();
        var call = await _load.NextAsync();
        call.Token.UnsafeRegister(_ => gate.Wait(2 * Limits.Wait), null);
        _time.Advance(TimeSpan.FromSeconds(10));
        var late = await Assert.ThrowsAsync<TimeoutException>(() => asked.Soon());
        Assert.Contains("took longer", late.Message, StringComparison.Ordinal);
        Assert.False(gate.IsSet);
        gate.Set();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_is_not_held_up_by_a_load_that_blocks_or_throws_when_it_is_stopped(bool throws)
    {
        using var cache = New();
        using var gate = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var asked = cache.GetAsync("key", _load.RunAsync, cancellationToken: stop.Token).AsTask();
        var call = await _load.NextAsync();
        call.Token.UnsafeRegister(
            _ =>
            {
                if (throws)
                {
                    throw new InvalidDataException("from the load");
                }

                gate.Wait(2 * Limits.Wait);
            },
            null);

        // On the pool, because it runs what follows the cancellation.
        var stopping = Task.Run(stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.Soon());
        await stopping.Soon();
        Assert.False(gate.IsSet);
        gate.Set();
    }

    [Fact]
    public async Task Disposing_stops_every_load_even_if_one_throws_when_it_is_stopped()
    {
        var cache = New();
        var first = cache.GetAsync("a", _load.RunAsync).AsTask();
        var one = await _load.NextAsync();
        one.Token.UnsafeRegister(static _ => throw new InvalidDataException("from the load"), null);
        var second = cache.GetAsync("b", _load.RunAsync).AsTask();
        var other = await _load.NextAsync();

        cache.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.Soon());
        await other.Cancelled.Soon();
    }

    [Fact]
    public async Task A_disposed_cache_loads_and_stores_nothing()
    {
        var cache = New();
        cache.Dispose();
        cache.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.GetAsync("key", _load.RunAsync).AsTask().Soon());
        Assert.False(cache.Set("key", "value"));
        Assert.False(cache.TryGet("key", out _));
        Assert.Equal(0, _load.Count);
    }

    [Fact]
    public async Task A_load_that_asks_for_its_own_key_is_told()
    {
        using var cache = New();
        var told = await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetAsync("key", (k, _) => cache.GetAsync(k, Gives("other")).AsTask()).AsTask().Soon());
        Assert.Contains("own key", told.Message, StringComparison.Ordinal);
        Assert.Equal("value", await cache.GetAsync("key", Gives("value")).AsTask().Soon());
    }

    [Fact]
    public async Task A_load_that_asks_for_its_own_key_through_another_is_told()
    {
        using var cache = New();
        using var behind = new Cache<int, string>(new CacheOptions<int, string> { Name = "behind", SweepInterval = TimeSpan.Zero }, _time);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetAsync("a",
            (_, _) => cache.GetAsync("b", async (_, _) => await behind.GetAsync(1, async (_, _) => await cache.GetAsync("a", Gives("other"))).AsTask()).AsTask()).AsTask().Soon());
    }

    [Fact]
    public async Task A_load_may_ask_for_another_key()
    {
        using var cache = New();
        Assert.Equal("a of b", await cache.GetAsync("a", async (_, _) => "a of " + await cache.GetAsync("b", Gives("b"))).AsTask().Soon());
        Assert.Equal(2, cache.Count);
    }

    [Theory]
    [InlineData(Change.Remove)]
    [InlineData(Change.Set)]
    [InlineData(Change.Clear)]
    [InlineData(Change.Invalidate)]
    public async Task What_a_load_brings_after_a_change_reaches_who_waited_and_nobody_else(Change change)
    {
        using var cache = New();
        var tagged = new CacheEntryOptions { Tags = ["tag"] };
        var waited = cache.GetAsync("key", _load.RunAsync, tagged).AsTask();
        var joined = cache.GetAsync("key", _load.RunAsync, tagged).AsTask();
        var old = await _load.NextAsync();
        _ = change switch
        {
            Change.Remove => cache.Remove("key"),
            Change.Set => cache.Set("key", "new", tagged),
            Change.Clear => Do(cache.Clear),
            _ => Do(() => cache.Invalidate("tag")),
        };

        var later = cache.GetAsync("key", _load.RunAsync, tagged).AsTask();
        if (change != Change.Set)
        {
            var anew = await _load.NextAsync();
            old.End.SetResult("old");
            Assert.Equal(["old", "old"], await Task.WhenAll(waited, joined).Soon());
            Assert.False(cache.TryGet("key", out _));
            Assert.False(later.IsCompleted);
            anew.End.SetResult("new");
        }
        else
        {
            old.End.SetResult("old");
            Assert.Equal(["old", "old"], await Task.WhenAll(waited, joined).Soon());
        }

        Assert.Equal("new", await later.Soon());
        Assert.True(cache.TryGet("key", out var kept));
        Assert.Equal("new", kept);
        Assert.Equal(1, cache.Statistics.NotKept);
        cache.Verify();
    }

    [Theory]
    [InlineData(Change.Remove)]
    [InlineData(Change.Clear)]
    [InlineData(Change.Invalidate)]
    public async Task What_was_voided_while_it_was_loaded_is_not_stored_though_nobody_asks_meanwhile(Change change)
    {
        using var cache = New();
        var waited = cache.GetAsync("key", _load.RunAsync, new CacheEntryOptions { Tags = ["other", "tag"] }).AsTask();
        var old = await _load.NextAsync();
        _ = change switch
        {
            Change.Remove => cache.Remove("key"),
            Change.Clear => Do(cache.Clear),
            _ => Do(() => cache.Invalidate("tag")),
        };
        old.End.SetResult("old");
        Assert.Equal("old", await waited.Soon());
        Assert.False(cache.TryGet("key", out _));
        Assert.Equal((0, 1), (cache.Count, cache.Statistics.NotKept));
    }

    [Fact]
    public void What_a_caller_loaded_by_itself_is_stored_unless_it_is_void_since_or_another_was_faster()
    {
        using var cache = New();
        var tagged = new CacheEntryOptions { Tags = ["tag"] };
        var ticket = cache.Begin(tagged);
        cache.Invalidate("tag");
        Assert.False(cache.Publish("key", "old", ticket, tagged));
        ticket = cache.Begin(tagged);
        cache.Clear();
        Assert.False(cache.Publish("key", "old", ticket, tagged));
        Assert.False(cache.TryGet("key", out _));
        ticket = cache.Begin(tagged);
        Assert.True(cache.Publish("key", "new", ticket, tagged));
        Assert.False(cache.Publish("key", "second", ticket, tagged));
        Assert.True(cache.TryGet("key", out var kept));
        Assert.Equal("new", kept);
        _time.Advance(Minute);
        Assert.True(cache.Publish("key", "third", ticket, tagged));
        Assert.Equal(2, cache.Statistics.NotKept);
    }

    [Fact]
    public async Task A_failure_of_a_load_that_was_detached_does_not_disturb_the_next_one()
    {
        using var cache = New(Options with { FailureBackoff = Minute, MaxFailureBackoff = Minute });
        var waited = cache.GetAsync("key", _load.RunAsync).AsTask();
        var old = await _load.NextAsync();
        cache.Remove("key");
        var later = cache.GetAsync("key", _load.RunAsync).AsTask();
        var anew = await _load.NextAsync();
        old.End.SetException(new InvalidDataException("old"));
        await Assert.ThrowsAsync<InvalidDataException>(() => waited.Soon());
        var joined = cache.GetAsync("key", _load.RunAsync).AsTask();
        anew.End.SetResult("new");
        Assert.Equal(["new", "new"], await Task.WhenAll(later, joined).Soon());
        Assert.Equal(2, _load.Count);
    }

    [Fact]
    public async Task A_value_that_is_too_heavy_reaches_who_waits_and_is_not_kept()
    {
        using var cache = New(Options with { MaxBytes = 2000, Weigh = static (_, v) => v.Length });
        Assert.True(cache.Set("light", "x"));
        Assert.Equal(1801, (await cache.GetAsync("key", Gives(new string('x', 1801))).AsTask().Soon()).Length);
        Assert.False(cache.TryGet("key", out _));
        Assert.True(cache.TryGet("light", out _));
        Assert.Equal(1, cache.Statistics.NotKept);
        Assert.True(cache.Set("key", new string('x', 1800)));
        Assert.True(cache.TryGet("key", out _));
        cache.Verify();
    }

    [Fact]
    public void A_value_that_is_too_heavy_to_be_set_does_not_leave_the_former_one()
    {
        using var cache = New(Options with { MaxBytes = 2000, Weigh = static (_, v) => v.Length });
        Assert.True(cache.Set("key", "old"));
        Assert.False(cache.Set("key", new string('x', 1801)));
        Assert.False(cache.TryGet("key", out _));
        cache.Verify();
    }

    [Fact]
    public void A_weight_beyond_all_bounds_is_too_heavy_and_one_below_zero_is_none()
    {
        using var cache = New(Options with { Weigh = static (_, v) => v == "heavy" ? long.MaxValue : long.MinValue });
        Assert.False(cache.Set("key", "heavy"));
        Assert.True(cache.Set("key", "light"));
        Assert.Equal(200, cache.Statistics.Bytes);
        cache.Verify();
    }

    [Fact]
    public async Task A_value_that_cannot_be_weighed_fails_its_load_and_harms_nothing_else()
    {
        var isBroken = true;
        using var cache = New(Options with { Weigh = (_, _) => isBroken ? throw new InvalidDataException("weight") : 1 });
        await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetAsync("key", Gives("value")).AsTask().Soon());
        cache.Verify();
        isBroken = false;
        Assert.Equal("value", await cache.GetAsync("key", Gives("value")).AsTask().Soon());
        cache.Verify();
    }

    [Fact]
    public async Task What_has_too_many_tags_or_an_odd_time_is_refused_with_the_bound()
    {
        using var cache = New();
        var tags = new CacheEntryOptions { Tags = [.. Enumerable.Range(0, 33).Select(i => $"t{i}")] };
        Assert.Contains("32 tags; this one has 33", Assert.Throws<ArgumentException>(() => cache.Set("key", "value", tags)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => cache.GetAsync("key", _load.RunAsync, tags).AsTask());
        foreach (var time in new[] { TimeSpan.Zero, Timeout.InfiniteTimeSpan, TimeSpan.FromMilliseconds(1) - Tick, TimeSpan.FromDays(365) + Tick, TimeSpan.MaxValue })
        {
            var refused = Assert.Throws<ArgumentException>(() => cache.Set("key", "value", new CacheEntryOptions { TimeToLive = time }));
            Assert.Contains($"{time}", refused.Message, StringComparison.Ordinal);
            Assert.Contains("1 ms to 365 days", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal((0, 0), (cache.Count, _load.Count));
        Assert.True(cache.Set("key", "value", new CacheEntryOptions { Tags = [.. tags.Tags.Skip(1)], TimeToLive = TimeSpan.FromDays(365) }));
    }

    private static bool Do(Action action)
    {
        action();
        return true;
    }

    private Cache<string, string> New(CacheOptions<string, string>? options = null) => new(options ?? Options, _time);
}
