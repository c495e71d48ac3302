using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Troupe.Caching;
using Troupe.Tests.Models;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>A second cache object over the same store stands for another process.</summary>
public sealed class SecondLevelTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ObservedTime _time = new();
    private readonly SharedStore _store;
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly List<IDisposable> _open = [];

    public SecondLevelTests() => _store = new SharedStore(_time);

    public enum Change
    {
        Remove,
        Set,
        Clear,
        Invalidate,
    }

    public void Dispose() => _open.ForEach(o => o.Dispose());

    [Fact]
    public async Task What_one_process_loaded_another_finds_once_for_all_who_ask()
    {
        var (one, _) = New();
        var (two, level) = New();
        await FillAsync(one, "value");
        var calls = _store.Calls;
        var found = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => two.GetAsync("key", NoLoad, Tagged).AsTask())).Soon();
        Assert.All(found, v => Assert.Equal("value", v));
        Assert.Equal("value", await two.GetAsync("key", NoLoad));
        Assert.Equal((1, 0, 1), (level.Hits, level.Skipped, two.Statistics.SecondLevelHits));
        Assert.Equal(1 + MarksRead, _store.Calls - calls);
        Assert.Empty(_failures);
    }

    [Fact]
    public async Task Nothing_of_a_key_or_a_tag_can_be_read_from_the_names_there()
    {
        var (one, level) = New();
        await one.GetAsync("secret key", Gives("value"), new CacheEntryOptions { Tags = ["secret tag"] });
        await Until(() => _store.Written == 1);
        one.Invalidate("secret tag");
        one.Remove("secret key");
        await Until(() => level.Unwritten == 0);
        Assert.Equal(2, _store.Marks);
        Assert.DoesNotContain("secret", _store.Values[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_found_there_is_fresh_as_long_as_it_was_where_it_was_made(bool storeKeepsIt)
    {
        _store.KeepsAll = storeKeepsIt;
        var (one, _) = New();
        await FillAsync(one, "value");
        _time.Advance(TimeSpan.FromSeconds(59));
        var (two, _) = New();
        Assert.Equal("value", await two.GetAsync("key", NoLoad).AsTask().Soon());
        _time.Advance(Second - Tick);
        Assert.True(two.TryGet("key", out _));
        var (three, _) = New();
        Assert.Equal("value", await three.GetAsync("key", NoLoad).AsTask().Soon());
        _time.Advance(Tick);
        Assert.False(two.TryGet("key", out _));
        Assert.Equal("new", await three.GetAsync("key", Gives("new")).AsTask().Soon());
    }

    [Fact]
    public async Task A_value_found_there_is_fresh_for_no_longer_than_this_cache_allows()
    {
        var (one, _) = New();
        await FillAsync(one, "value");
        var (two, _) = New(o => o with { TimeToLive = Second });
        Assert.Equal("value", await two.GetAsync("key", NoLoad).AsTask().Soon());
        _time.Advance(Second);
        Assert.False(two.TryGet("key", out _));
    }

    [Theory]
    [InlineData(Change.Remove)]
    [InlineData(Change.Set)]
    [InlineData(Change.Clear)]
    [InlineData(Change.Invalidate)]
    public async Task What_was_voided_in_one_process_no_process_takes_from_there(Change change)
    {
        var (one, level) = New();
        await FillAsync(one, "old");
        var (two, _) = New();
        _time.Advance(Tick);
        Do(one, change);
        await Until(() => level.Unwritten == 0);
        _time.Advance(Tick);
        Assert.Equal("new", await two.GetAsync("key", Gives("new"), Tagged).AsTask().Soon());
        await Until(() => _store.Written == 2);
        one.Trim(1);
        var (three, _) = New();
        Assert.Equal("new", await three.GetAsync("key", NoLoad, Tagged).AsTask().Soon());
        Assert.Equal("new", await one.GetAsync("key", NoLoad, Tagged).AsTask().Soon());
    }

    [Theory]
    [InlineData(Change.Remove)]
    [InlineData(Change.Set)]
    [InlineData(Change.Clear)]
    [InlineData(Change.Invalidate)]
    public async Task Nothing_is_taken_from_there_while_a_mark_cannot_be_written(Change change)
    {
        var (one, level) = New(second: (Second / 2, TimeSpan.FromSeconds(0.1)));
        await FillAsync(one, "old");
        var isDown = true;
        _store.BeforeSet = _ => isDown ? throw new IOException("read-only") : Task.CompletedTask;
        _time.Advance(Tick);
        Do(one, change);
        one.Trim(1);
        await Until(() => !_failures.IsEmpty);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.2));
            Assert.Equal("new", await one.GetAsync("key", Gives("new"), Tagged).AsTask().Soon());
            one.Trim(1);
        }

        // Once it can be written, what is made from then on is taken again.
        isDown = false;
        await Until(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            return level.Unwritten == 0;
        });
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await FillAsync(one, "new");
        one.Trim(1);
        Assert.Equal("new", await one.GetAsync("key", NoLoad, Tagged).AsTask().Soon());
    }

    [Fact]
    public async Task Who_loads_right_after_an_invalidation_does_not_find_the_old_value_there()
    {
        var tags = new CacheTags();
        Task<string>? asked = null;
        Cache<string, string>? cache = null;

        // Heard before the cache's own listener.
        tags.Listen(static _ => { }, () =>
        {
            asked = cache!.GetAsync("key", Gives("new"), Tagged).AsTask();
            SpinWait.SpinUntil(() => asked.IsCompleted, Limits.Wait);
        });
        (cache, _) = New(o => o with { Tags = tags });
        await FillAsync(cache, "old");
        _time.Advance(Tick);
        var gate = new TaskCompletionSource();
        _store.BeforeSet = _ => gate.Task;
        cache.Invalidate("tag");
        Assert.Equal("new", await asked!.Soon());
        gate.SetResult();
    }

    [Fact]
    public async Task A_value_that_was_invalidated_while_it_was_loaded_is_not_stored_there()
    {
        var (one, level) = New();
        var load = new GatedLoad();
        var asked = one.GetAsync("key", load.RunAsync, Tagged).AsTask();
        var call = await load.NextAsync();
        _time.Advance(Tick);
        one.Invalidate("tag");
        await Until(() => level.Unwritten == 0);
        call.End.SetResult("old");
        Assert.Equal("old", await asked.Soon());
        var (two, _) = New();
        await FillAsync(two, "new");
        Assert.Equal(1, _store.Written);
    }

    [Fact]
    public async Task A_value_that_another_process_loaded_over_an_invalidation_is_not_taken_even_after_the_mark_has_gone()
    {
        var (one, level) = New(o => o with { TimeToLive = TimeSpan.FromDays(1) });
        var (two, _) = New(o => o with { TimeToLive = TimeSpan.FromDays(1) });
        var load = new GatedLoad();
        var asked = two.GetAsync("key", load.RunAsync, Tagged).AsTask();
        var call = await load.NextAsync();
        _time.Advance(Second);
        one.Invalidate("tag");
        await Until(() => level.Unwritten == 0);
        _time.Advance(Second);
        call.End.SetResult("old");
        await asked.Soon();
        await Until(() => _store.Written == 1);

        // The mark ends now; the load ended a second after it.
        _time.Advance(TimeSpan.FromDays(1) - Second);
        var (three, _) = New();
        Assert.Equal("new", await three.GetAsync("key", Gives("new"), Tagged).AsTask().Soon());
    }

    [Fact]
    public async Task A_store_that_is_down_loses_nothing_is_reported_and_tried_again_after_its_rest()
    {
        var (one, level) = New();
        _store.BeforeGet = static _ => throw new IOException("down");
        Assert.Equal("a", await one.GetAsync("a", Gives("a")).AsTask().Soon());
        Assert.Equal(1, _store.Calls);
        Assert.Equal("down", Assert.Single(_failures).Message);
        _time.Advance(TimeSpan.FromSeconds(5) - Tick);
        Assert.Equal("b", await one.GetAsync("b", Gives("b")).AsTask().Soon());
        Assert.Equal(1, _store.Calls);
        Assert.True(level.Skipped >= 2);
        _time.Advance(Tick);
        _store.BeforeGet = static _ => Task.CompletedTask;
        await FillAsync(one, "value");
        var (two, _) = New();
        Assert.Equal("value", await two.GetAsync("key", NoLoad).AsTask().Soon());
        Assert.Single(_failures);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_hangs_is_waited_for_no_longer_than_its_timeout(bool blocks)
    {
        var (one, _) = New();
        using var gate = new ManualResetEventSlim();
        var never = new TaskCompletionSource();
        _store.BeforeGet = _ =>
        {
            if (blocks)
            {
                gate.Wait(2 * Limits.Wait);
            }

            return never.Task;
        };
        var asked = one.GetAsync("key", Gives("value")).AsTask();
        Assert.Equal(Second / 2, await _time.NextWaitAsync(TimeSpan.FromSeconds(30)));
        _time.Advance((Second / 2) - Tick);
        Assert.False(asked.IsCompleted);
        _time.Advance(Tick);
        Assert.Equal("value", await asked.Soon());
        Assert.IsType<TimeoutException>(Assert.Single(_failures));
        gate.Set();
        never.SetResult();
    }

    [Fact]
    public async Task A_store_that_is_slow_at_each_call_is_not_waited_for_longer_than_its_timeout_in_all()
    {
        var (one, _) = New();
        await FillAsync(one, "value");
        var gates = new ConcurrentQueue<TaskCompletionSource>();
        _store.BeforeGet = _ =>
        {
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            gates.Enqueue(gate);
            return gate.Task;
        };
        var (two, _) = New();
        var asked = two.GetAsync("key", Gives("loaded"), Tagged).AsTask();
        Assert.Equal(Second / 2, await _time.NextWaitAsync(TimeSpan.FromSeconds(30)));
        await Until(() => gates.Count == 1);
        _time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.True(gates.TryDequeue(out var first));
        first.SetResult();
        await Until(() => !gates.IsEmpty);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("loaded", await asked.Soon());
    }

    [Fact]
    public async Task A_store_that_hangs_when_a_value_is_written_holds_up_nobody()
    {
        var (one, _) = New();
        var never = new TaskCompletionSource();
        _store.BeforeSet = _ => never.Task;
        Assert.Equal("value", await one.GetAsync("key", Gives("value")).AsTask().Soon());
        Assert.Equal("value", await one.GetAsync("key", NoLoad));
        never.SetResult();
    }

    [Fact]
    public async Task Bytes_that_are_not_ours_are_passed_over_and_the_store_is_used_on()
    {
        Func<byte[], byte[]>[] changes =
        [
            static b => [],
            static b => b[..10],
            static b => [(byte)(b[0] + 1), .. b[1..]],
            static b => [.. b, (byte)'!'],
            static b =>
            {
                BinaryPrimitives.WriteInt64LittleEndian(b.AsSpan(9), long.MaxValue);
                return b;
            },
            static b =>
            {
                BinaryPrimitives.WriteInt64LittleEndian(b.AsSpan(9), long.MinValue);
                return b;
            },
        ];
        string? name = null;
        foreach (var change in changes)
        {
            var (one, _) = New();
            _time.Advance(Minute);
            await FillAsync(one, "value");
            name ??= Assert.Single(_store.Values);
            _store.Change(name, change);
            var (two, level) = New();
            await FillAsync(two, "loaded");
            await FillAsync(two, "other", "other key");
            var (three, _) = New();
            Assert.Equal("other", await three.GetAsync("other key", NoLoad).AsTask().Soon());
            Assert.Equal(0, level.Hits);
        }

        // The one whose text cannot be read.
        Assert.IsType<InvalidDataException>(Assert.Single(_failures));
    }

    [Fact]
    public async Task A_value_that_cannot_be_written_as_bytes_reaches_who_asks()
    {
        var (one, _) = New();
        Assert.Equal("!", await one.GetAsync("key", Gives("!")).AsTask().Soon());
        Assert.True(one.TryGet("key", out _));
        await Until(() => !_failures.IsEmpty);
        Assert.IsType<InvalidDataException>(Assert.Single(_failures));
        Assert.Empty(_store.Values);
        await FillAsync(one, "value", "other");
    }

    [Fact]
    public async Task A_report_that_throws_harms_nothing()
    {
        var (one, level) = New(second: (Second / 2, TimeSpan.FromSeconds(0.1)), failed: static _ => throw new InvalidDataException("report"));
        var isDown = true;
        _store.BeforeGet = _store.BeforeSet = _ => isDown ? throw new IOException("down") : Task.CompletedTask;
        Assert.Equal("value", await one.GetAsync("key", Gives("value")).AsTask().Soon());
        one.Remove("key");
        await Until(() => _store.Calls >= 2);
        isDown = false;
        await Until(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            return level.Unwritten == 0;
        });
    }

    [Fact]
    public async Task More_marks_than_are_kept_void_the_cache_as_a_whole_and_it_is_used_again_later()
    {
        var (one, level) = New(second: (Second / 2, TimeSpan.FromSeconds(0.1)));
        await FillAsync(one, "old");
        var isDown = true;
        _store.BeforeSet = _ => isDown ? throw new IOException("down") : Task.CompletedTask;
        for (var i = 0; i < 10_001; i++)
        {
            one.Remove($"key {i}");
        }

        one.Remove("key");
        Assert.InRange(level.Unwritten, 1, 10_000);
        isDown = false;
        await Until(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            return level.Unwritten == 0;
        });
        _time.Advance(TimeSpan.FromSeconds(0.2));
        var (two, _) = New();
        await FillAsync(two, "new");
        await FillAsync(one, "again", "other");
        var (three, _) = New();
        Assert.Equal("again", await three.GetAsync("other", NoLoad).AsTask().Soon());
    }

    [Fact]
    public async Task A_mark_is_still_written_when_the_cache_is_disposed_right_after_it()
    {
        var (one, level) = New();
        await FillAsync(one, "old");
        _time.Advance(Tick);
        var gate = new TaskCompletionSource();
        _store.BeforeSet = _ => gate.Task;
        one.Remove("other");
        one.Remove("key");
        one.Dispose();
        gate.SetResult();
        await Until(() => level.Unwritten == 0);
        var (two, _) = New();
        Assert.Equal("new", await two.GetAsync("key", Gives("new")).AsTask().Soon());
    }

    private static int MarksRead => 3;

    private static CacheEntryOptions Tagged { get; } = new() { Tags = ["tag"] };

    private static Task<string> NoLoad(string key, CancellationToken cancellationToken) => throw new InvalidOperationException($"{key} should be there");

    private static void Do(Cache<string, string> cache, Change change)
    {
        switch (change)
        {
            case Change.Remove:
                cache.Remove("key");
                break;

            case Change.Set:
                cache.Set("key", "set", Tagged);
                break;

            case Change.Clear:
                cache.Clear();
                break;

            default:
                cache.Invalidate("tag");
                break;
        }
    }

    /// <summary>Loads a key, and waits until it is behind too.</summary>
    private async Task FillAsync(Cache<string, string> cache, string value, string key = "key")
    {
        var written = _store.Written;
        Assert.Equal(value, await cache.GetAsync(key, Gives(value), Tagged).AsTask().Soon());
        await Until(() => _store.Written > written);
    }

    private (Cache<string, string> Cache, SecondLevel<string, string> Level) New(
        Func<CacheOptions<string, string>, CacheOptions<string, string>>? with = null, (TimeSpan Timeout, TimeSpan Pause)? second = null, Action<Exception>? failed = null)
    {
        var level = new SecondLevel<string, string>(
            _store,
            static v => v == "!" ? throw new InvalidDataException("no bytes") : Encoding.UTF8.GetBytes(v),
            static b => b[^1] == '!' ? throw new InvalidDataException("no text") : Encoding.UTF8.GetString(b),
            static k => k)
        {
            Timeout = second?.Timeout ?? (Second / 2),
            Rest = second?.Pause ?? TimeSpan.FromSeconds(5),
            Failed = failed ?? _failures.Enqueue,
        };
        var options = Options with { SecondLevel = level };
        var cache = new Cache<string, string>(with?.Invoke(options) ?? options, _time);
        _open.Add(cache);
        return (cache, level);
    }
}
