namespace Troupe.Sessions;

/// <summary>What a <see cref="SessionDirectory"/> has done since its start.</summary>
public sealed record SessionStatistics(int Loaded, long Bytes, long Hits, long Misses, long Evictions)
{
    /// <summary>The share of requests that found their session loaded, 0 to 1; 0 before the first.</summary>
    public double HitRate => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);
}
