namespace Troupe.Caching;

/// <summary>One cached value and what is known of it. What is not marked otherwise never changes.</summary>
internal sealed class CacheEntry<TKey, TValue>(TKey key, TValue value)
{
    public TKey Key { get; } = key;

    public TValue Value { get; } = value;

    /// <summary>Bytes, as weighed once, with what the cache itself needs.</summary>
    public long Weight { get; init; }

    /// <summary>The cache's epoch when its load began.</summary>
    public long Epoch { get; init; }

    /// <summary>Its tags, as they were when its load began; null for none.</summary>
    public TagSet? Tags { get; init; }

    /// <summary>How long it was made to be fresh.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>The timestamp from which it is not fresh.</summary>
    public long FreshUntil { get; init; }

    /// <summary>The timestamp from which it is not served at all.</summary>
    public long StaleUntil { get; init; }

    /// <summary>As long as the machine's cheap clock is before this, it is fresh without a look at the exact one.</summary>
    public long SurelyFreshUntil { get; init; }

    /// <summary>Hits since it was last looked at for eviction, up to the policy's bound. Changed without a lock: a hit that is lost costs nothing.</summary>
    public int Uses { get; set; }

    /// <summary>1 for what was loaded ahead and has not been asked for.</summary>
    public int Prefetched;

    /// <summary>Where it hangs; guarded by the cache.</summary>
    public EntryQueue<TKey, TValue>? Queue { get; set; }

    public CacheEntry<TKey, TValue>? Newer { get; set; }

    public CacheEntry<TKey, TValue>? Older { get; set; }
}
