using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;

namespace Troupe.Tests.Caching;

/// <summary>A distributed cache in memory that several caches share, and that fails as the test says.</summary>
internal sealed class SharedStore(TimeProvider time) : IDistributedCache
{
    private readonly ConcurrentDictionary<string, (byte[] Bytes, DateTimeOffset Until)> _entries = new(StringComparer.Ordinal);
    private int _calls;
    private int _written;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Values, not marks, that have been written.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>Done before each call; it may throw, or wait.</summary>
    public Func<string, Task> BeforeGet { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Whether what has expired is given out all the same.</summary>
    public bool KeepsAll { get; set; }

    public Func<string, Task> BeforeSet { get; set; } = static _ => Task.CompletedTask;

    public string[] Values => [.. _entries.Keys.Where(k => !IsMark(k))];

    public int Marks => _entries.Count - Values.Length;

    private static bool IsMark(string key) => key.StartsWith("troupe:void:", StringComparison.Ordinal);

    public void Change(string key, Func<byte[], byte[]> change) => _entries[key] = (change(_entries[key].Bytes), _entries[key].Until);

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        Interlocked.Increment(ref _calls);
        await BeforeGet(key);
        return _entries.TryGetValue(key, out var entry) && (KeepsAll || time.GetUtcNow() < entry.Until) ? entry.Bytes : null;
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        Interlocked.Increment(ref _calls);
        await BeforeSet(key);
        Assert.True(options.AbsoluteExpirationRelativeToNow > TimeSpan.Zero);
        _entries[key] = (value, time.GetUtcNow() + options.AbsoluteExpirationRelativeToNow!.Value);
        if (!IsMark(key))
        {
            Interlocked.Increment(ref _written);
        }
    }

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();
}
