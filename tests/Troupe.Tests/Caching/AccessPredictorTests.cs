using Troupe.Caching;

namespace Troupe.Tests.Caching;

public sealed class AccessPredictorTests
{
    [Fact]
    public void What_has_followed_twice_is_said_and_the_likeliest_first()
    {
        var predictor = new AccessPredictor<string>();
        Say(predictor, "ada", "profile", "goals", "profile", "goals", "profile", "mood", "profile", "goals", "profile", "mood");

        Assert.Equal(["goals", "mood"], predictor.Record("ada", "profile"));
        Assert.Equal(["goals"], predictor.Record("ben", "profile", leastShare: 0.5));
        Assert.Equal(["profile"], predictor.Record("ada", "goals"));
        Assert.Empty(predictor.Record("ada", "habits"));
    }

    [Fact]
    public void Streams_do_not_follow_each_other_and_a_repetition_is_no_step()
    {
        var predictor = new AccessPredictor<string>();
        for (var i = 0; i < 10; i++)
        {
            predictor.Record("ada", "a");
            predictor.Record("ben", "b");
        }

        Assert.Empty(predictor.Record("ada", "a"));
        Assert.Empty(predictor.Record("ben", "b"));
    }

    [Fact]
    public void What_changes_is_learned_anew_and_nothing_grows_without_bound()
    {
        var predictor = new AccessPredictor<int>(maxKeys: 100);
        for (var round = 0; round < 50; round++)
        {
            for (var other = 1; other <= 20; other++)
            {
                predictor.Record("s", 0);
                predictor.Record("s", other);
            }
        }

        for (var i = 0; i < 500; i++)
        {
            predictor.Record("s", 0);
            predictor.Record("s", 99);
        }

        Assert.Equal([99], predictor.Record("s", 0));
        for (var key = 1000; key < 2000; key++)
        {
            predictor.Record($"stream {key}", key);
            predictor.Record("s", key);
        }

        Assert.Empty(predictor.Record("s", 0));
        Assert.Equal("option_out_of_range", Assert.Throws<TroupeException>(() => new AccessPredictor<int>(0)).Code);
    }

    [Fact]
    public async Task It_feeds_the_cache_what_is_then_found_there()
    {
        await using var prefetcher = new Prefetcher();
        using var cache = new Cache<string, string>(new CacheOptions<string, string> { Name = "profiles", Prefetcher = prefetcher });
        var predictor = new AccessPredictor<string>();
        Say(predictor, "ada", "profile", "goals", "profile", "goals");
        foreach (var next in predictor.Record("ada", "profile"))
        {
            Assert.True(cache.Prefetch(next, static (key, _) => Task.FromResult(key + "!")));
        }

        while (cache.Statistics.Prefetched == 0 || cache.Count == 0)
        {
            await Task.Yield();
        }

        Assert.Equal("goals!", await cache.GetAsync("goals", static (_, _) => throw new InvalidOperationException("It is there."), cancellationToken: Limits.Token));
        Assert.Equal((1, 1, 1.0), (cache.Statistics.Fresh, cache.Statistics.PrefetchUsed, cache.Statistics.PrefetchUsedRatio));
    }

    private static void Say(AccessPredictor<string> predictor, string stream, params string[] keys) => Array.ForEach(keys, key => predictor.Record(stream, key));
}
