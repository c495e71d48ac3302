namespace Troupe.Caching;

/// <summary>Which entry a full cache gives up.</summary>
public enum EvictionKind
{
    /// <summary>S3-FIFO: most of what is asked once is asked never again, so it waits in a small queue and goes first (Yang and others, "FIFO queues
    /// are all you need for cache eviction", SOSP 2023). A hit takes no lock.</summary>
    S3Fifo,

    /// <summary>The least recently used, as a reference to compare with. A hit takes the cache's lock.</summary>
    Lru,
}
