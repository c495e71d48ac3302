namespace Troupe.Caching;

/// <summary>What a cache has done since the start. <c>Requests = Fresh + Stale + Misses + Coalesced</c>, always.</summary>
public sealed record CacheStatistics
{
    /// <summary>The cache's name.</summary>
    public required string Name { get; init; }

    /// <summary>Answered with a fresh value.</summary>
    public long Fresh { get; init; }

    /// <summary>Answered with a value that is past its time, while it is loaded anew.</summary>
    public long Stale { get; init; }

    /// <summary>Not there.</summary>
    public long Misses { get; init; }

    /// <summary>Not there, but already being loaded for somebody else.</summary>
    public long Coalesced { get; init; }

    /// <summary>All that was asked.</summary>
    public long Requests => Fresh + Stale + Misses + Coalesced;

    /// <summary>The share of requests that did not have to wait, 0 to 1.</summary>
    public double HitRate => Requests == 0 ? 0 : (double)(Fresh + Stale) / Requests;

    /// <summary>Loads that were begun, in the background too.</summary>
    public long Loads { get; init; }

    /// <summary>Loads that failed or took too long.</summary>
    public long Failures { get; init; }

    /// <summary>Requests that were answered with the last failure, because it was too recent to try again.</summary>
    public long BackedOff { get; init; }

    /// <summary>Values that were loaded but not kept: the key was removed, a tag was invalidated or the cache cleared meanwhile, or it was too heavy.</summary>
    public long NotKept { get; init; }

    /// <summary>Given up to make room.</summary>
    public long Evicted { get; init; }

    /// <summary>Taken out because their time was over.</summary>
    public long Expired { get; init; }

    /// <summary>Taken out because a tag was invalidated, the key removed or the cache cleared.</summary>
    public long Removed { get; init; }

    /// <summary>Loaded ahead of any request.</summary>
    public long Prefetched { get; init; }

    /// <summary>Of those, asked for later.</summary>
    public long PrefetchUsed { get; init; }

    /// <summary>Wishes to load ahead that were dropped, because too many were waiting.</summary>
    public long PrefetchDropped { get; init; }

    /// <summary>The share of what was loaded ahead that was asked for, 0 to 1.</summary>
    public double PrefetchUsedRatio => Prefetched == 0 ? 0 : (double)PrefetchUsed / Prefetched;

    /// <summary>Values found in the second level.</summary>
    public long SecondLevelHits { get; init; }

    /// <summary>Calls to the second level that failed or were left out because it had failed.</summary>
    public long SecondLevelSkipped { get; init; }

    /// <summary>Entries now.</summary>
    public int Entries { get; init; }

    /// <summary>Bytes now: weights, the cache's own and its ghosts'.</summary>
    public long Bytes { get; init; }

    /// <summary>The bound of entries.</summary>
    public int MaxEntries { get; init; }

    /// <summary>The bound of bytes.</summary>
    public long MaxBytes { get; init; }
}
