using System.Collections.Concurrent;

namespace Troupe.Caching;

/// <summary>The caches of a runtime by name, which share tags and loads ahead. Thread-safe.</summary>
public sealed class CacheCatalog : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ICache> _caches = new(StringComparer.Ordinal);

    /// <summary>The tags of all of them.</summary>
    public CacheTags Tags { get; } = new();

    /// <summary>What loads ahead for all of them.</summary>
    public Prefetcher Prefetcher { get; } = new();

    /// <summary>All caches, by name.</summary>
    public IEnumerable<ICache> All => _caches.Values.OrderBy(static c => c.Name, StringComparer.Ordinal);

    /// <summary>The tag of everything that was cached for an owner.</summary>
    public static string TagOfOwner(string owner) => "owner:" + owner;

    /// <summary>The tag of everything that was cached for a session.</summary>
    public static string TagOfSession(string session) => "session:" + session;

    /// <summary>Adds a cache, which is disposed with the catalog if it can be.</summary>
    /// <exception cref="TroupeException">The name is taken (code cache_exists).</exception>
    public void Add(ICache cache)
    {
        if (!_caches.TryAdd(cache.Name, cache))
        {
            throw new TroupeException(ErrorKind.Setup, "cache_exists", $"There is a cache '{cache.Name}' already.");
        }
    }

    /// <summary>A cache by name, or null.</summary>
    public ICache? Find(string name) => _caches.GetValueOrDefault(name);

    /// <summary>Forgets everything in all of them.</summary>
    public void Clear()
    {
        foreach (var cache in _caches.Values)
        {
            cache.Clear();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Prefetcher.DisposeAsync();
        foreach (var cache in _caches.Values)
        {
            (cache as IDisposable)?.Dispose();
        }
    }
}
