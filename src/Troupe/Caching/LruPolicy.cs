namespace Troupe.Caching;

/// <summary>The least recently used goes first.</summary>
internal sealed class LruPolicy<TKey, TValue> : EvictionPolicy<TKey, TValue>
{
    private EntryQueue<TKey, TValue> _queue = new();

    public override int MaxUses => int.MaxValue;

    public override bool WantsHits => true;

    public override long GhostBytes => 0;

    public override int Count => _queue.Count;

    public override IEnumerable<CacheEntry<TKey, TValue>> Entries => _queue.All;

    public override void Add(CacheEntry<TKey, TValue> entry, EntryQueue<TKey, TValue>? place) => _queue.Add(entry);

    public override void Hit(CacheEntry<TKey, TValue> entry)
    {
        // It may have been given up, or cleared with its queue, in the moment of the hit.
        if (ReferenceEquals(entry.Queue, _queue))
        {
            _queue.Remove(entry);
            _queue.Add(entry);
        }
    }

    public override CacheEntry<TKey, TValue>? Evict()
    {
        var oldest = _queue.Oldest;
        if (oldest is not null)
        {
            _queue.Remove(oldest);
        }

        return oldest;
    }

    public override void Clear() => _queue = new();
}
