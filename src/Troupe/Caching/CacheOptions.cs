namespace Troupe.Caching;

/// <summary>The bounds and times of a cache.</summary>
public sealed record CacheOptions<TKey, TValue>
    where TKey : notnull
{
    /// <summary>What reports call it: 1 to 64 characters of a–z, 0–9, - and _.</summary>
    public required string Name { get; init; }

    /// <summary>Entries at most, 1 to 10,000,000. Default 10,000.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>Bytes at most, with what the cache itself needs, from 1 KiB. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The bytes of a key and a value; called once for each value. Default 64.</summary>
    public Func<TKey, TValue, long> Weigh { get; init; } = static (_, _) => 64;

    /// <summary>How long a value is fresh, unless its load says otherwise, 1 ms to 365 days; null for ever. Default 5 minutes.</summary>
    public TimeSpan? TimeToLive { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much longer it may be served while it is loaded anew. Default not at all.</summary>
    public TimeSpan StaleFor { get; init; }

    /// <summary>The share of its time by which a value may be fresh for less, 0 to 0.5, so that what was stored together does not end together. Default 0.</summary>
    public double Jitter { get; init; }

    /// <summary>Where times follow the values: one that came back unchanged is fresh for twice as long, one that changed for half, within these. Default null: they do not.</summary>
    public (TimeSpan Least, TimeSpan Most)? AdaptiveTimeToLive { get; init; }

    /// <summary>When a value has not changed. Default by its own equality.</summary>
    public IEqualityComparer<TValue> ValueComparer { get; init; } = EqualityComparer<TValue>.Default;

    /// <summary>Of keys. Default by their own equality.</summary>
    public IEqualityComparer<TKey> KeyComparer { get; init; } = EqualityComparer<TKey>.Default;

    /// <summary>Which entry a full cache gives up. Default S3-FIFO.</summary>
    public EvictionKind Eviction { get; init; }

    /// <summary>How long a load may take, 1 ms to 1 day. Default 30 s.</summary>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a load that nobody waits for any more goes on to its end, because it has been paid for. Default no: it is cancelled.</summary>
    public bool FinishAbandonedLoads { get; init; }

    /// <summary>After a failed load of a key, its requests fail with that failure for this long, then twice as long after each further one, up to
    /// <see cref="MaxFailureBackoff"/>. Default not at all.</summary>
    public TimeSpan FailureBackoff { get; init; }

    /// <summary>The longest such time. Default 30 s.</summary>
    public TimeSpan MaxFailureBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often what has expired is looked for; a thousand entries each time; 1 ms to 1 day, or zero for never. Default 1 s.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The tags; share them between caches that are invalidated together. Default its own.</summary>
    public CacheTags? Tags { get; init; }

    /// <summary>A slower, larger or shared cache behind this one. Default none.</summary>
    public SecondLevel<TKey, TValue>? SecondLevel { get; init; }

    /// <summary>What runs loads ahead of requests; share it between caches. Default none, and <see cref="Cache{TKey,TValue}.Prefetch"/> does nothing.</summary>
    public Prefetcher? Prefetcher { get; init; }

    /// <summary>Whether the machine is short of memory, asked at each sweep; if so, a tenth of the cache is given up. Default by the garbage collector's own measure.</summary>
    public Func<bool>? IsMemoryShort { get; init; }

    /// <summary>For jitter. Default a random one.</summary>
    public Random Random { get; init; } = Random.Shared;

    internal void Validate()
    {
        Check(Name.Length is >= 1 and <= 64 && Name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'), nameof(Name), Name, "1 to 64 characters of a-z, 0-9, - and _");
        Check(MaxEntries is >= 1 and <= 10_000_000, nameof(MaxEntries), MaxEntries, "1 to 10,000,000");
        Check(MaxBytes is >= 1024 and <= 1L << 40, nameof(MaxBytes), MaxBytes, "1,024 to 1,099,511,627,776");
        Check(TimeToLive is null || IsTime(TimeToLive.Value), nameof(TimeToLive), TimeToLive, "1 ms to 365 days, or null");
        Check(StaleFor >= TimeSpan.Zero && StaleFor <= TimeSpan.FromDays(365), nameof(StaleFor), StaleFor, "0 to 365 days");
        Check(Jitter is >= 0 and <= 0.5, nameof(Jitter), Jitter, "0 to 0.5");
        Check(AdaptiveTimeToLive is not { } adaptive || (IsTime(adaptive.Least) && IsTime(adaptive.Most) && adaptive.Least <= adaptive.Most), nameof(AdaptiveTimeToLive), AdaptiveTimeToLive, "two times from 1 ms to 365 days, the least first");
        Check(Eviction is EvictionKind.S3Fifo or EvictionKind.Lru, nameof(Eviction), Eviction, "S3Fifo or Lru");
        Check(LoadTimeout >= TimeSpan.FromMilliseconds(1) && LoadTimeout <= TimeSpan.FromDays(1), nameof(LoadTimeout), LoadTimeout, "1 ms to 1 day");
        Check(FailureBackoff >= TimeSpan.Zero && FailureBackoff <= TimeSpan.FromDays(1), nameof(FailureBackoff), FailureBackoff, "0 to 1 day");
        Check(MaxFailureBackoff >= FailureBackoff && MaxFailureBackoff <= TimeSpan.FromDays(1), nameof(MaxFailureBackoff), MaxFailureBackoff, "FailureBackoff to 1 day");
        Check((SweepInterval == TimeSpan.Zero || SweepInterval >= TimeSpan.FromMilliseconds(1)) && SweepInterval <= TimeSpan.FromDays(1), nameof(SweepInterval), SweepInterval, "0, or 1 ms to 1 day");
        SecondLevel?.Validate(Name);
    }

    internal static bool IsTime(TimeSpan time) => time >= TimeSpan.FromMilliseconds(1) && time <= TimeSpan.FromDays(365);

    private void Check(bool good, string name, object? value, string range) => TroupeException.CheckOption(good, $"The cache '{Name}' has", name, value, range);
}
