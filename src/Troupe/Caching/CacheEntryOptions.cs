namespace Troupe.Caching;

/// <summary>What one value has of its own. Make it once for a kind of value and use it again. Immutable.</summary>
public sealed record CacheEntryOptions
{
    /// <summary>How long it is fresh, 1 ms to 365 days; null for the cache's time.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Its tags: by each of them it can be invalidated. At most 32.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
