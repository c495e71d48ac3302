namespace Troupe.Caching;

/// <summary>Entries from newest to oldest, linked through themselves, so that any of them leaves in no time. Guarded by its cache.</summary>
internal sealed class EntryQueue<TKey, TValue>
{
    private CacheEntry<TKey, TValue>? _newest;

    public CacheEntry<TKey, TValue>? Oldest { get; private set; }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public IEnumerable<CacheEntry<TKey, TValue>> All
    {
        get
        {
            for (var entry = Oldest; entry is not null; entry = entry.Newer)
            {
                yield return entry;
            }
        }
    }

    public void Add(CacheEntry<TKey, TValue> entry)
    {
        entry.Queue = this;
        entry.Older = _newest;
        entry.Newer = null;
        if (_newest is { } former)
        {
            former.Newer = entry;
        }

        _newest = entry;
        Oldest ??= entry;
        Count++;
        Bytes += entry.Weight;
    }

    public void Remove(CacheEntry<TKey, TValue> entry)
    {
        if (entry.Newer is { } newer)
        {
            newer.Older = entry.Older;
        }
        else
        {
            _newest = entry.Older;
        }

        if (entry.Older is { } older)
        {
            older.Newer = entry.Newer;
        }
        else
        {
            Oldest = entry.Newer;
        }

        (entry.Queue, entry.Newer, entry.Older) = (null, null, null);
        Count--;
        Bytes -= entry.Weight;
    }
}
