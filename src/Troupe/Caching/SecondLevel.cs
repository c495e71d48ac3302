using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;

namespace Troupe.Caching;

/// <summary>A slower, larger or shared cache behind a cache, over any <see cref="IDistributedCache"/>. It is never waited for longer than its timeout, and when it
/// fails it is left alone for a while: a second level that is down slows nothing and loses nothing. Thread-safe.
/// <para>What is invalidated here is marked there too, with the time; a value that was made before its mark is not taken. Processes that share one should
/// have clocks that agree. As long as a mark cannot be written, nothing is read; of more than 10,000 of those only the whole cache's is left. What is set is void there
/// too. Marks that could not be written before the process ends are lost.</para></summary>
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

    private static readonly TimeSpan MostKeep = TimeSpan.FromDays(365);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _unwritten = new(StringComparer.Ordinal);
    private readonly HashSet<string> _caches = new(StringComparer.Ordinal);
    private long _voids;
    private bool _isClosed;
    private long _restUntil;
    private bool _isWriting;
    private long _skipped;
    private long _hits;

    /// <summary>How long a look or a store may take, 1 ms to 1 minute. Default 0.5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long it is left alone after a failure, 0.1 s to 1 day. Default 5 s.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long marks and values are kept there at most, 1 s to 365 days. Default a day.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Told of each failure; what it throws is passed over. Default nobody.</summary>
    public Action<Exception>? Failed { get; init; }

    internal long Hits => Volatile.Read(ref _hits);

    internal long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Marks that are still to be written.</summary>
    internal int Unwritten
    {
        get
        {
            lock (_gate)
            {
                return _unwritten.Count;
            }
        }
    }

    /// <summary>The value of a key that is still fresh, and for how long; null when there is none.</summary>
    internal async ValueTask<(TValue Value, TimeSpan FreshFor)?> FindAsync(string cache, TKey key, TagSet? tags, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!IsUsable(time))
        {
            return null;
        }

        (byte[] Body, TimeSpan FreshFor)? found;
        try
        {
            found = await WithinAsync(token => ReadAsync(cache, keyOf(key), tags, time, token), time, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Fail(failure, time);
            return null;
        }

        if (found is not var (body, freshFor))
        {
            return null;
        }

        try
        {
            var value = read(body);
            Interlocked.Increment(ref _hits);
            return (value, freshFor);
        }
        catch (Exception failure)
        {
            // The store is well; it is this value that is of no use.
            Report(failure);
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

        byte[] body;
        try
        {
            body = write(value);
        }
        catch (Exception failure)
        {
            Report(failure);
            return;
        }

        // Counted from the beginning of the load, so that no value outlives a mark that came after that.
        var now = time.GetUtcNow();
        freshFor = freshFor < began + Keep - now ? freshFor : began + Keep - now;
        if (freshFor <= TimeSpan.Zero)
        {
            return;
        }

        var bytes = new byte[HeadLength + body.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), began.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1 + sizeof(long)), (now + freshFor).UtcTicks);
        body.CopyTo(bytes, HeadLength);
        try
        {
            await WriteAsync(NameOf(cache, keyOf(key)), bytes, freshFor, time);
        }
        catch (Exception failure)
        {
            Fail(failure, time);
        }
    }

    /// <summary>Marks a tag, a key or a whole cache as void from now on. Returns at once; until the mark is there, nothing is read.</summary>
    internal void Void(string cache, string mark, TimeProvider time)
    {
        lock (_gate)
        {
            _caches.Add(cache);
            if (_unwritten.Count >= MaxMarks && !_unwritten.ContainsKey(mark))
            {
                // More than can be remembered one by one.
                _unwritten.Clear();
                foreach (var name in _caches)
                {
                    _unwritten[MarkOfCache(name)] = ++_voids;
                }
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

    /// <summary>Marks that are not written yet are tried once more, and given up.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    internal void Validate(string cache)
    {
        Check(Timeout >= TimeSpan.FromMilliseconds(1) && Timeout <= TimeSpan.FromMinutes(1), nameof(Timeout), Timeout, "1 ms to 1 minute");
        Check(Rest >= TimeSpan.FromSeconds(0.1) && Rest <= TimeSpan.FromDays(1), nameof(Rest), Rest, "0.1 s to 1 day");
        Check(Keep >= TimeSpan.FromSeconds(1) && Keep <= MostKeep, nameof(Keep), Keep, "1 s to 365 days");

        void Check(bool good, string name, TimeSpan value, string range) => TroupeException.CheckOption(good, $"The cache '{cache}' has", $"SecondLevel.{name}", value, range);
    }

    internal static string MarkOfTag(string tag) => "troupe:void:tag:" + Hash(tag);

    internal static string MarkOfCache(string cache) => "troupe:void:cache:" + cache;

    internal string MarkOfKey(string cache, TKey key) => MarkOfKey(cache, keyOf(key));

    private static string MarkOfKey(string cache, string key) => $"troupe:void:key:{cache}:{Hash(key)}";

    private static IEnumerable<string> MarksOf(string cache, string key, TagSet? tags) =>
        (tags?.Names ?? []).Select(MarkOfTag).Append(MarkOfCache(cache)).Append(MarkOfKey(cache, key));

    private static string NameOf(string cache, string key) => $"troupe:{cache}:{Hash(key)}";

    private static string Hash(string text) => Hashing.Of(text).ToString("x32", CultureInfo.InvariantCulture);

    private async Task WriteMarksAsync(TimeProvider time)
    {
        var hasFailed = false;
        for (var wait = TimeSpan.FromSeconds(0.1); ; wait = wait * 2 < Rest ? wait * 2 : Rest)
        {
            KeyValuePair<string, long>[] marks;
            lock (_gate)
            {
                marks = [.. _unwritten];
                if (marks.Length == 0 || (_isClosed && hasFailed))
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
                    await WriteAsync(mark, now, Keep, time);
                    lock (_gate)
                    {
                        // One that was voided again meanwhile is written again, with the later time.
                        if (_unwritten.TryGetValue(mark, out var last) && last == number)
                        {
                            _unwritten.Remove(mark);
                        }
                    }
                }
            }
            catch (Exception failure)
            {
                hasFailed = true;
                Fail(failure, time);
                await Task.Delay(wait, time);
            }
        }
    }

    private bool IsUsable(TimeProvider time)
    {
        lock (_gate)
        {
            if (_unwritten.Count == 0 && time.GetTimestamp() >= _restUntil)
            {
                return true;
            }
        }

        Interlocked.Increment(ref _skipped);
        return false;
    }

    private void Fail(Exception failure, TimeProvider time)
    {
        lock (_gate)
        {
            _restUntil = time.TimestampAfter(Rest);
        }

        Report(failure);
    }

    private void Report(Exception failure)
    {
        Interlocked.Increment(ref _skipped);
        try
        {
            Failed?.Invoke(failure);
        }
        catch (Exception)
        {
            // Who cannot be told must not harm a load, or keep marks from being written.
        }
    }

    private async Task<(byte[] Body, TimeSpan FreshFor)?> ReadAsync(string cache, string key, TagSet? tags, TimeProvider time, CancellationToken cancellationToken)
    {
        var bytes = await store.GetAsync(NameOf(cache, key), cancellationToken);
        if (bytes is null || bytes.Length < HeadLength || bytes[0] != Version)
        {
            return null;
        }

        var made = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1));
        var freshUntil = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1 + sizeof(long)));
        var now = time.GetUtcNow().UtcTicks;
        if (made < 0 || freshUntil <= now || freshUntil - made > MostKeep.Ticks)
        {
            return null;
        }

        // After the value: a mark that was there before it was read is seen.
        var marks = await Task.WhenAll(MarksOf(cache, key, tags).Select(mark => store.GetAsync(mark, cancellationToken)));
        return Array.Exists(marks, mark => mark is { Length: sizeof(long) } && BinaryPrimitives.ReadInt64LittleEndian(mark) >= made)
            ? null
            : (bytes[HeadLength..], TimeSpan.FromTicks(freshUntil - now));
    }

    private Task WriteAsync(string name, byte[] bytes, TimeSpan keep, TimeProvider time) => WithinAsync(
        async token =>
        {
            await store.SetAsync(name, bytes, new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = keep }, token);
            return true;
        },
        time,
        CancellationToken.None);

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // By itself: a store that blocks is not waited for either.
        var running = Task.Run(() => call(stop.Token), CancellationToken.None);
        try
        {
            return await running.WaitAsync(Timeout, time, cancellationToken);
        }
        finally
        {
            _ = EndAsync(running, stop);
        }
    }

    private static async Task EndAsync(Task running, CancellationTokenSource stop)
    {
        try
        {
            if (!running.IsCompleted)
            {
                await stop.CancelAsync();
            }

            await running;
        }
        catch (Exception)
        {
            // Whoever waited has been told; what was left behind is nobody's.
        }
        finally
        {
            stop.Dispose();
        }
    }
}
