namespace Troupe.Caching;

/// <summary>Orders the entries of a cache and says which to give up. Guarded by its cache, but for <see cref="CachedValue{TValue}.Uses"/>.</summary>
internal abstract class EvictionPolicy<TKey, TValue>
{
    /// <summary>Up to this many hits an entry's <see cref="CachedValue{TValue}.Uses"/> counts; from there a hit changes nothing.</summary>
    public abstract int MaxUses { get; }

    /// <summary>Whether each hit must be told, under the lock.</summary>
    public abstract bool WantsHits { get; }

    /// <summary>What it remembers of entries that are gone, in bytes.</summary>
    public abstract long GhostBytes { get; }

    /// <summary>Entries now.</summary>
    public abstract int Count { get; }

    /// <summary>Every entry, in no order.</summary>
    public abstract IEnumerable<CacheEntry<TKey, TValue>> Entries { get; }

    /// <summary>Takes an entry in: a new one, or one in the place of an older one of the same key, whose queue that was.</summary>
    public abstract void Add(CacheEntry<TKey, TValue> entry, EntryQueue<TKey, TValue>? place);

    public virtual void Hit(CacheEntry<TKey, TValue> entry)
    {
    }

    public virtual void Remove(CacheEntry<TKey, TValue> entry) => entry.Queue?.Remove(entry);

    /// <summary>Takes out the entry to give up; null when there is none.</summary>
    public abstract CacheEntry<TKey, TValue>? Evict();

    public virtual void ForgetGhosts()
    {
    }

    public abstract void Clear();
}
