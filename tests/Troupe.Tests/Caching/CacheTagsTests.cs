using System.Runtime.CompilerServices;
using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

public sealed class CacheTagsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void What_carries_a_tag_is_void_at_once_and_what_does_not_stays()
    {
        using var cache = new Cache<string, string>(Options, _time);
        cache.Set("both", "value", new CacheEntryOptions { Tags = ["a", "b"] });
        cache.Set("other", "value", new CacheEntryOptions { Tags = ["A"] });
        cache.Set("none", "value");
        cache.Invalidate("nobody's");
        Assert.True(cache.TryGet("both", out _));
        cache.Invalidate("b");
        Assert.False(cache.TryGet("both", out _));
        Assert.True(cache.TryGet("other", out _));
        Assert.True(cache.TryGet("none", out _));
        cache.Set("both", "again", new CacheEntryOptions { Tags = ["a", "b"] });
        Assert.True(cache.TryGet("both", out var value));
        Assert.Equal("again", value);
    }

    [Fact]
    public async Task What_is_void_leaves_memory_without_being_asked_for()
    {
        using var cache = new Cache<string, string>(Options, _time);
        for (var i = 0; i < 3000; i++)
        {
            cache.Set($"{i}", "value", new CacheEntryOptions { Tags = [i % 3 == 0 ? "stays" : "goes"] });
        }

        cache.Invalidate("goes");
        await Until(() => cache.Count == 1000);
        Assert.Equal(2000, cache.Statistics.Removed);
        cache.Verify();
    }

    [Fact]
    public void Tags_that_nothing_carries_any_more_are_forgotten()
    {
        using var cache = new Cache<string, string>(Options, _time);
        Fill(cache, Options, out var tags);
        Assert.Equal(1024, tags.Count);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var other = new Cache<string, string>(Options with { Tags = tags }, _time);
        other.Set("key", "value", new CacheEntryOptions { Tags = ["one more"] });
        Assert.InRange(tags.Count, 1, 500);
        other.Invalidate("one more");
        Assert.False(other.TryGet("key", out _));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fill(Cache<string, string> cache, CacheOptions<string, string> options, out CacheTags tags)
    {
        tags = new CacheTags();
        using var filled = new Cache<string, string>(options with { Tags = tags }, _time);
        for (var i = 0; i < 1024; i++)
        {
            filled.Set($"{i}", "value", new CacheEntryOptions { Tags = [$"tag {i}"] });
        }

        filled.Clear();
        cache.Clear();
    }
}
