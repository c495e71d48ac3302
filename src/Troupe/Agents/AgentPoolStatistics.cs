namespace Troupe.Agents;

/// <summary>What an <see cref="AgentPool"/> has done since the start.</summary>
/// <param name="Size">The bound.</param>
/// <param name="Warm">Agents that are warm now.</param>
/// <param name="InUse">Turns that use one now.</param>
/// <param name="Hits">Uses that found their agent warm.</param>
/// <param name="Misses">Uses that had to make it.</param>
/// <param name="Evicted">Agents that were let go to make room.</param>
/// <param name="Expired">Agents that were let go because nobody used them.</param>
/// <param name="Replaced">Agents that were let go because their definition changed.</param>
/// <param name="Remade">Agents that were made again within the idle time after they had been let go to make room: what a larger pool would have saved.</param>
/// <param name="Advice">What the figures say of the size, in a sentence.</param>
public sealed record AgentPoolStatistics(int Size, int Warm, int InUse, long Hits, long Misses, long Evicted, long Expired, long Replaced, long Remade, string Advice)
{
    /// <summary>The share of uses that found their agent warm, 0 to 1.</summary>
    public double HitRate => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);
}
