using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;

namespace Troupe.Caching;

/// <summary>A slower, larger or shared cache behind a cache, over any <see cref="IDistributedCache"/>. It is never waited for longer than its timeout, and when it
/// fails it is left alone for a while: a second level that is down slows nothing and loses nothing. Thread-safe.
/// <para>What is invalidated here is marked there too, with the time; a value that was made before its mark is not taken. Processes that share one should
/// have clocks that agree. As long as a mark cannot be written, nothing is read.</para></summary>
/// <param name="store">The cache behind.</param>
/// <param name="write">A value as bytes.</param>
/// <param name="read">The value of such bytes; it may throw on bytes of another version, which are then passed over.</param>
/// <param name="keyOf">A key as text; it is hashed, so that nothing of it can be read there.</param>
public sealed class SecondLevel<TKey, TValue>(IDistributedCache store, Func<TValue, byte[]> write, Func<byte[], TValue> read, Func<TKey, string> keyOf)
    where TKey : notnull
{
    private const int MaxMarks = 10_000;
    private const byte Version = 1;
    private const int HeadLength = 1 + (2 * sizeof(long)) + sizeof(ushort);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _unwritten = new(StringComparer.Ordinal);
    private long _voids;
    private bool _isClosed;
    private long _restUntil;
    private bool _isWriting;
    private bool _isLost;
    private long _skipped;
    private long _hits;

    /// <summary>How long a call may take. Default 0.5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long it is left alone after a failure. Default 5 s.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long marks and values are kept there at most. Default a day.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Told of each failure. Default nobody.</summary>
    public Action<Exception>? Failed { get; init; }

    internal long Hits => Volatile.Read(ref _hits);

    internal long Skipped => Volatile.Read(ref _skipped);

    /// <summary>The value of a key that is still fresh, and for how long; null when there is none.</summary>
    internal async ValueTask<(TValue Value, TimeSpan FreshFor)?> FindAsync(string cache, TKey key, TagSet? tags, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!IsUsable(time))
        {
            return null;
        }

        try
        {
            var bytes = await WithinAsync(token => store.GetAsync(NameOf(cache, keyOf(key)), token), time, cancellationToken);
            if (bytes is null || bytes.Length < HeadLength || bytes[0] != Version)
            {
                return null;
            }

            var made = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1));
            var freshUntil = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1 + sizeof(long)));
            var freshFor = TimeSpan.FromTicks(freshUntil - time.GetUtcNow().UtcTicks);
            foreach (var mark in MarksOf(cache, keyOf(key), tags))
            {
                var marked = await WithinAsync(token => store.GetAsync(mark, token), time, cancellationToken);
                if (marked is { Length: sizeof(long) } && BinaryPrimitives.ReadInt64LittleEndian(marked) >= made)
                {
                    return null;
                }
            }

            if (freshFor <= TimeSpan.Zero)
            {
                return null;
            }

            var value = read(bytes[HeadLength..]);
            Interlocked.Increment(ref _hits);
            return (value, freshFor);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Fail(failure, time);
            return null;
        }
    }

    /// <summary>Stores a value whose load began at a time; failures are reported, not thrown.</summary>
    internal async Task StoreAsync(string cache, TKey key, TValue value, DateTimeOffset began, TimeSpan freshFor, TimeProvider time)
    {
        if (!IsUsable(time))
        {
            return;
        }

        try
        {
            var body = write(value);
            var bytes = new byte[HeadLength + body.Length];
            bytes[0] = Version;
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), began.UtcTicks);
            freshFor = freshFor < Keep ? freshFor : Keep;
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1 + sizeof(long)), (time.GetUtcNow() + freshFor).UtcTicks);
            body.CopyTo(bytes, HeadLength);
            var options = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = freshFor };
            await WithinAsync(
                async token =>
                {
                    await store.SetAsync(NameOf(cache, keyOf(key)), bytes, options, token);
                    return true;
                },
                time, CancellationToken.None);
        }
        catch (Exception failure)
        {
            Fail(failure, time);
        }
    }

    /// <summary>Marks a tag, a key or a whole cache as void from now on. Returns at once; until the mark is there, nothing is read.</summary>
    internal void Void(string mark, TimeProvider time)
    {
        lock (_gate)
        {
            if (_unwritten.Count >= MaxMarks && !_unwritten.ContainsKey(mark))
            {
                // It is no longer known what may not be served.
                _isLost = true;
                return;
            }

            _unwritten[mark] = ++_voids;
            if (_isWriting)
            {
                return;
            }

            _isWriting = true;
        }

        _ = Task.Run(() => WriteMarksAsync(time));
    }

    /// <summary>Marks that are not written yet are given up.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    internal static string MarkOfTag(string tag) => "troupe:void:tag:" + Hash(tag);

    internal static string MarkOfCache(string cache) => "troupe:void:cache:" + cache;

    internal string MarkOfKey(string cache, TKey key) => MarkOfKey(cache, keyOf(key));

    private static string MarkOfKey(string cache, string key) => $"troupe:void:key:{cache}:{Hash(key)}";

    private static IEnumerable<string> MarksOf(string cache, string key, TagSet? tags) =>
        (tags?.Names ?? []).Select(MarkOfTag).Append(MarkOfCache(cache)).Append(MarkOfKey(cache, key));

    private static string NameOf(string cache, string key) => $"troupe:{cache}:{Hash(key)}";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private async Task WriteMarksAsync(TimeProvider time)
    {
        for (var wait = TimeSpan.FromSeconds(0.1); ; wait = wait < Rest ? wait * 2 : Rest)
        {
            KeyValuePair<string, long>[] marks;
            lock (_gate)
            {
                marks = [.. _unwritten];
                if (marks.Length == 0 || _isClosed)
                {
                    _isWriting = false;
                    return;
                }
            }

            try
            {
                foreach (var (mark, number) in marks)
                {
                    var now = new byte[sizeof(long)];
                    BinaryPrimitives.WriteInt64LittleEndian(now, time.GetUtcNow().UtcTicks);
                    var options = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = Keep };
                    await WithinAsync(
                        async token =>
                        {
                            await store.SetAsync(mark, now, options, token);
                            return true;
                        },
                        time, CancellationToken.None);
                    lock (_gate)
                    {
                        // One that was voided again meanwhile is written again, with the later time.
                        if (_unwritten[mark] == number)
                        {
                            _unwritten.Remove(mark);
                        }
                    }
                }
            }
            catch (Exception failure)
            {
                Fail(failure, time);
                await Task.Delay(wait, time);
            }
        }
    }

    private bool IsUsable(TimeProvider time)
    {
        lock (_gate)
        {
            if (!_isLost && _unwritten.Count == 0 && time.GetTimestamp() >= _restUntil)
            {
                return true;
            }
        }

        Interlocked.Increment(ref _skipped);
        return false;
    }

    private void Fail(Exception failure, TimeProvider time)
    {
        Interlocked.Increment(ref _skipped);
        lock (_gate)
        {
            _restUntil = time.GetTimestamp() + (long)(Rest.TotalSeconds * time.TimestampFrequency);
        }

        Failed?.Invoke(failure);
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = call(stop.Token);
        try
        {
            return await running.WaitAsync(Timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync();
            _ = running.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }
}
