namespace Troupe.Caching;

/// <summary>A cache as operators see it.</summary>
public interface ICache
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>What it has done.</summary>
    CacheStatistics Statistics { get; }

    /// <summary>Forgets everything; what is being loaded reaches those who wait, and is not kept.</summary>
    void Clear();
}
