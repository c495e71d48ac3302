namespace Troupe.Caching;

/// <summary>What a hit looks at. The fields of a base class lie before those of the class, so that these are beside each other and a hit reads as little memory as may be.</summary>
internal abstract class CachedValue<TValue>(TValue value)
{
    /// <summary>1 for what was loaded ahead and has not been asked for.</summary>
    public int Prefetched;

    public TValue Value { get; } = value;

    /// <summary>Its tags, as they were when its load began; null for none.</summary>
    public TagSet? Tags { get; init; }

    /// <summary>As long as the machine's cheap clock is before this, it is fresh without a look at the exact one.</summary>
    public long SurelyFreshUntil { get; init; }

    /// <summary>Hits since it was last looked at for eviction, up to the policy's bound. Changed without a lock: a hit that is lost costs nothing.</summary>
    public int Uses { get; set; }
}
