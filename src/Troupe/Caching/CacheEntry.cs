namespace Troupe.Caching;

/// <summary>One cached value and what is known of it. What is not marked otherwise never changes.</summary>
internal sealed class CacheEntry<TKey, TValue>(TKey key, TValue value) : CachedValue<TValue>(value)
{
    public TKey Key { get; } = key;

    /// <summary>Bytes, as weighed once, with what the cache itself needs.</summary>
    public long Weight { get; init; }

    /// <summary>How long it was made to be fresh.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>The timestamp from which it is not fresh.</summary>
    public long FreshUntil { get; init; }

    /// <summary>The timestamp from which it is not served at all.</summary>
    public long StaleUntil { get; init; }

    /// <summary>Where it hangs; guarded by the cache.</summary>
    public EntryQueue<TKey, TValue>? Queue { get; set; }

    public CacheEntry<TKey, TValue>? Newer { get; set; }

    public CacheEntry<TKey, TValue>? Older { get; set; }
}
