namespace Troupe.Caching;

/// <summary>S3-FIFO (Yang and others, SOSP 2023): a small queue for what is new, a main queue for what was asked for again, and the ghosts of what the small
/// one gave up, which go to the main one at once when they come back.</summary>
/// <param name="maxEntries">The cache's bound of entries.</param>
/// <param name="maxBytes">The cache's bound of bytes.</param>
/// <param name="comparer">Of keys.</param>
internal sealed class S3FifoPolicy<TKey, TValue>(int maxEntries, long maxBytes, IEqualityComparer<TKey> comparer) : EvictionPolicy<TKey, TValue>
{
    private const int SmallShare = 10;
    private const int UsesToStay = 2;
    private const int GhostShare = 20;

    private EntryQueue<TKey, TValue> _small = new();
    private EntryQueue<TKey, TValue> _main = new();
    private readonly GhostQueue _ghosts = new((int)Math.Clamp(maxBytes / (GhostShare * GhostQueue.BytesEach), 1, Math.Max(1, maxEntries - (maxEntries / SmallShare))));
    private readonly int _smallEntries = Math.Max(1, maxEntries / SmallShare);
    private readonly long _smallBytes = Math.Max(1, maxBytes / SmallShare);

    public override int MaxUses => 3;

    public override bool WantsHits => false;

    public override long GhostBytes => _ghosts.Bytes;

    public override int Count => _small.Count + _main.Count;

    public override IEnumerable<CacheEntry<TKey, TValue>> Entries => _small.All.Concat(_main.All);

    public override void Add(CacheEntry<TKey, TValue> entry, EntryQueue<TKey, TValue>? place) =>
        (place ?? (_ghosts.Take(HashOf(entry)) ? _main : _small)).Add(entry);

    public override CacheEntry<TKey, TValue>? Evict()
    {
        while (Count > 0)
        {
            var fromSmall = _main.Count == 0 || (_small.Count > 0 && (_small.Count >= _smallEntries || _small.Bytes >= _smallBytes));
            if ((fromSmall ? EvictSmall() : EvictMain()) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }

    public override void Clear()
    {
        (_small, _main) = (new(), new());
        _ghosts.Clear();
    }

    public override void ForgetGhosts() => _ghosts.Clear();

    private CacheEntry<TKey, TValue>? EvictSmall()
    {
        while (_small.Oldest is { } entry)
        {
            _small.Remove(entry);
            if (entry.Uses < UsesToStay)
            {
                _ghosts.Add(HashOf(entry));
                return entry;
            }

            entry.Uses = 0;
            _main.Add(entry);
        }

        return null;
    }

    private CacheEntry<TKey, TValue> EvictMain()
    {
        // Each is passed over as often as it was used; hits that come meanwhile do not keep this going for ever.
        for (var left = (MaxUses + 1L) * _main.Count; ; left--)
        {
            var entry = _main.Oldest!;
            _main.Remove(entry);
            if (entry.Uses == 0 || left <= 0)
            {
                return entry;
            }

            entry.Uses--;
            _main.Add(entry);
        }
    }

    private int HashOf(CacheEntry<TKey, TValue> entry) => comparer.GetHashCode(entry.Key!);
}
