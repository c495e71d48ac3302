using Troupe.Caching;

namespace Troupe.Tests.Caching;

/// <summary>What a full cache gives up, beside plain sequential forms of the same policies. TROUPE_TEST_SEED replays one seed.</summary>
public sealed class CacheEvictionTests
{
    private const int Requests = 4000;

    public static TheoryData<int> Traces => Seeds.Of(30);

    [Theory]
    [MemberData(nameof(Traces), DisableDiscoveryEnumeration = true)]
    public void S3_fifo_gives_up_what_the_plain_one_gives_up(int seed)
    {
        var random = new Random(seed);
        var capacity = random.Next(3) == 0 ? random.Next(1, 12) : random.Next(12, 150);
        var plain = new SequentialS3Fifo(capacity);
        using var cache = New(capacity, EvictionKind.S3Fifo);
        for (var i = 0; i < Requests; i++)
        {
            var key = Next(random, capacity);
            if (random.Next(50) == 0)
            {
                plain.Remove(key);
                cache.Remove(key);
                continue;
            }

            var expected = plain.Ask(key);
            Assert.True(expected == Ask(cache, key), $"seed {seed}, capacity {capacity}, request {i} of {key}: {(expected ? "is missing" : "should be gone")}");
        }

        cache.Verify();
        Assert.Equal(plain.Keys.Order(), Enumerable.Range(0, 4 * capacity * 2).Where(k => cache.TryGet(k, out _)));
    }

    [Theory]
    [MemberData(nameof(Traces), DisableDiscoveryEnumeration = true)]
    public void Lru_gives_up_the_least_recently_used(int seed)
    {
        var random = new Random(seed);
        var capacity = random.Next(1, 60);
        var plain = new List<int>();
        using var cache = New(capacity, EvictionKind.Lru);
        for (var i = 0; i < Requests; i++)
        {
            var key = Next(random, capacity);
            var expected = plain.Remove(key);
            if (random.Next(20) == 0)
            {
                Assert.Equal(expected, cache.Remove(key));
                continue;
            }

            plain.Add(key);
            plain.RemoveRange(0, Math.Max(0, plain.Count - capacity));
            if (random.Next(5) == 0)
            {
                cache.Set(key, key);
                continue;
            }

            Assert.True(expected == Ask(cache, key), $"seed {seed}, capacity {capacity}, request {i} of {key}: {(expected ? "is missing" : "should be gone")}");
        }

        cache.Verify();
        Assert.Equal(plain.Count, cache.Count);
    }

    [Theory]
    [MemberData(nameof(Traces), DisableDiscoveryEnumeration = true)]
    public void What_is_stored_fits_always_and_what_is_said_to_be_stored_is_there(int seed)
    {
        var random = new Random(seed);
        var options = new CacheOptions<int, long>
        {
            Name = "test",
            MaxEntries = random.Next(1, 40),
            MaxBytes = random.Next(1024, 12_000),
            Weigh = static (_, v) => v,
            Eviction = random.Next(4) == 0 ? EvictionKind.Lru : EvictionKind.S3Fifo,
            SweepInterval = TimeSpan.Zero,
            IsMemoryShort = static () => false,
        };
        using var cache = new Cache<int, long>(options, new ManualTime());
        var values = new Dictionary<int, long>();
        for (var i = 0; i < Requests; i++)
        {
            var key = random.Next(80);
            var where = $"seed {seed}, step {i}, key {key}";
            switch (random.Next(10))
            {
                case 0:
                    cache.Remove(key);
                    values.Remove(key);
                    break;

                case 1:
                    cache.Trim(random.NextDouble() / 4);
                    break;

                case < 6:
                    var weight = random.Next(20) == 0 ? random.NextInt64(options.MaxBytes) : random.Next(300);
                    var isStored = cache.Set(key, weight);
                    Assert.True(isStored == (weight + 200 <= options.MaxBytes), $"{where}: {weight} of {options.MaxBytes} is {(isStored ? "stored" : "refused")}");
                    Assert.True(cache.TryGet(key, out var there) == isStored && (!isStored || there == weight), $"{where}: {weight} of {options.MaxBytes} is not what is there");
                    values[key] = weight;
                    break;

                default:
                    Assert.True(!cache.TryGet(key, out var value) || value == values[key], $"{where}: {value}");
                    break;
            }

            cache.Verify();
            var statistics = cache.Statistics;
            Assert.True(statistics.Entries <= options.MaxEntries && statistics.Bytes <= options.MaxBytes, $"{where}: {statistics}");
        }
    }

    [Fact]
    public void What_was_asked_once_does_not_drive_out_what_is_asked_again()
    {
        using var cache = New(100, EvictionKind.S3Fifo);
        for (var i = 0; i < 50; i++)
        {
            Ask(cache, i);
        }

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 50; i++)
            {
                Ask(cache, i);
            }
        }

        for (var i = 1000; i < 5000; i++)
        {
            Ask(cache, i);
        }

        Assert.All(Enumerable.Range(0, 50), i => Assert.True(cache.TryGet(i, out _)));
    }

    [Fact]
    public void Ghosts_that_come_and_go_do_not_drive_out_one_that_stays_nor_take_more_room()
    {
        var ghosts = new GhostQueue(4);
        ghosts.Add(0);
        for (var i = 1; i < 100; i++)
        {
            ghosts.Add(i);
            Assert.True(ghosts.Take(i));
            Assert.InRange(ghosts.Bytes, GhostQueue.BytesEach, 8 * GhostQueue.BytesEach);
        }

        Assert.True(ghosts.Take(0));
        Assert.False(ghosts.Take(0));
    }

    [Theory]
    [InlineData(EvictionKind.S3Fifo)]
    [InlineData(EvictionKind.Lru)]
    public void A_hit_in_the_moment_of_a_clearing_harms_nothing(EvictionKind eviction)
    {
        var time = new HookedTime();
        using var cache = new Cache<string, string>(Caches.Options with { Eviction = eviction }, time);
        cache.Set("a", "a");
        cache.Set("b", "b");
        time.Hook = cache.Clear;
        cache.TryGet("a", out _);
        Assert.Equal(0, cache.Count);
        cache.Verify();
        cache.Set("c", "c");
        cache.Verify();
    }

    private static bool Ask(Cache<int, int> cache, int key)
    {
        if (cache.TryGet(key, out _))
        {
            return true;
        }

        cache.Set(key, key);
        return false;
    }

    private static int Next(Random random, int capacity)
    {
        // A few keys often, many seldom, and runs of new ones.
        var share = random.NextDouble();
        return (int)(share * share * share * 4 * capacity) + (random.Next(10) == 0 ? random.Next(4 * capacity) : 0);
    }

    private static Cache<int, int> New(int capacity, EvictionKind eviction) => new(
        new CacheOptions<int, int>
        {
            Name = "test",
            MaxEntries = capacity,
            MaxBytes = 1L << 34,
            TimeToLive = null,
            SweepInterval = TimeSpan.Zero,
            IsMemoryShort = static () => false,
            Eviction = eviction,
        },
        new ManualTime());

    /// <summary>A clock that does something once when it is looked at.</summary>
    private sealed class HookedTime : TimeProvider
    {
        public Action? Hook { get; set; }

        public override long GetTimestamp()
        {
            var hook = Hook;
            Hook = null;
            hook?.Invoke();
            return 1;
        }
    }
}
