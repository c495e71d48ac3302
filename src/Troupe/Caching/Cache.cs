using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Troupe.Caching;

/// <summary>A cache in memory: bounded by entries and bytes, each value with a time and tags, each key loaded once however many ask. A hit is one look into a dictionary, without
/// lock or allocation. Thread-safe.
/// <para>A load runs by itself, with a deadline; who waits for it may leave by their own token. Its failure reaches those who wait once and is not cached. A key
/// that is removed, or a tag that is invalidated, while it is loaded: those who waited get the value, and nobody stores it.</para></summary>
public sealed class Cache<TKey, TValue> : ICache, IDisposable
    where TKey : notnull
{
    private const int SweepSteps = 1000;
    private const int EntryOverhead = 200;
    private const int MaxTags = 32;
    private const double CoarseSlackShare = 0.01;
    private const double LeastCoarseSlack = 1000;

    private readonly CacheOptions<TKey, TValue> _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<TKey, CacheEntry<TKey, TValue>> _entries;
    private readonly Dictionary<TKey, Flight<TKey, TValue>> _flights;
    private readonly EvictionPolicy<TKey, TValue> _policy;
    private readonly FailureBook<TKey> _failures;
    private readonly HitCounters _hits = new();
    private readonly CacheTags _tags;
    private readonly ITimer? _sweep;
    private readonly int _maxUses;
    private readonly bool _hasCheapClock;
    private IEnumerator<KeyValuePair<TKey, CacheEntry<TKey, TValue>>>? _sweepAt;
    private Counts _counts;
    private long _bytes;
    private long _epoch;
    private long _lastCollection;
    private int _prefetchUsed;
    private int _voided;
    private bool _isSweeping;
    private bool _isDisposed;

    /// <summary>Makes a cache.</summary>
    /// <exception cref="TroupeException">An option is out of range (code option_out_of_range).</exception>
    public Cache(CacheOptions<TKey, TValue> options, TimeProvider? time = null)
    {
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;
        _hasCheapClock = ReferenceEquals(_time, TimeProvider.System);
        _tags = options.Tags ?? new CacheTags();
        _entries = new ConcurrentDictionary<TKey, CacheEntry<TKey, TValue>>(options.KeyComparer);
        _flights = new Dictionary<TKey, Flight<TKey, TValue>>(options.KeyComparer);
        _failures = new FailureBook<TKey>(options.FailureBackoff, options.MaxFailureBackoff, options.KeyComparer, _time);
        _policy = options.Eviction == EvictionKind.Lru
            ? new LruPolicy<TKey, TValue>()
            : new S3FifoPolicy<TKey, TValue>(options.MaxEntries, options.MaxBytes, options.KeyComparer);
        _maxUses = _policy.MaxUses;
        _tags.Listen(OnVoiding, OnVoided);
        if (options.SweepInterval > TimeSpan.Zero)
        {
            // By a weak reference: a cache that was forgotten is not kept alive by its own sweep.
            var self = new WeakReference<Cache<TKey, TValue>>(this);
            _sweep = _time.CreateTimer(static state => SweepIfAlive((WeakReference<Cache<TKey, TValue>>)state!), self, options.SweepInterval, options.SweepInterval);
        }
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <summary>Entries now.</summary>
    public int Count => _entries.Count;

    /// <inheritdoc/>
    public CacheStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new CacheStatistics
                {
                    Name = Name,
                    Fresh = _hits.Sum(HitCounters.Kind.Fresh),
                    Stale = _hits.Sum(HitCounters.Kind.Stale),
                    Misses = _hits.Sum(HitCounters.Kind.Miss),
                    Coalesced = _hits.Sum(HitCounters.Kind.Coalesced),
                    Loads = _counts.Loads,
                    Failures = _counts.Failures,
                    BackedOff = _counts.BackedOff,
                    NotKept = _counts.NotKept,
                    Evicted = _counts.Evicted,
                    Expired = _counts.Expired,
                    Removed = _counts.Removed,
                    Prefetched = _counts.Prefetched,
                    PrefetchUsed = Volatile.Read(ref _prefetchUsed),
                    PrefetchDropped = _counts.PrefetchDropped,
                    SecondLevelHits = _options.SecondLevel?.Hits ?? 0,
                    SecondLevelSkipped = _options.SecondLevel?.Skipped ?? 0,
                    Entries = _entries.Count,
                    Bytes = _bytes + _policy.GhostBytes,
                    MaxEntries = _options.MaxEntries,
                    MaxBytes = _options.MaxBytes,
                };
            }
        }
    }

    /// <summary>The fresh value of a key, if there is one. Counts as a request.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_entries.TryGetValue(key, out var entry) && IsFresh(entry))
        {
            _hits.AddFresh();
            Use(entry);
            value = entry.Value;
            return true;
        }

        _hits.Add(HitCounters.Kind.Miss);
        value = default;
        return false;
    }

    /// <summary>The value of a key; loaded when it is not there, once for all who ask.</summary>
    /// <param name="key">The key.</param>
    /// <param name="load">Loads the value. It gets a token that ends with the load's deadline, and when nobody waits any more.</param>
    /// <param name="entry">The value's own time and tags; null for the cache's.</param>
    /// <param name="cancellationToken">The caller does not wait any longer.</param>
    /// <exception cref="TimeoutException">The load took longer than <see cref="CacheOptions{TKey,TValue}.LoadTimeout"/>.</exception>
    /// <exception cref="InvalidOperationException">The load asks for its own key.</exception>
    public ValueTask<TValue> GetAsync(TKey key, Func<TKey, CancellationToken, Task<TValue>> load, CacheEntryOptions? entry = null, CancellationToken cancellationToken = default)
    {
        if (_entries.TryGetValue(key, out var found) && IsFresh(found))
        {
            _hits.AddFresh();
            Use(found);
            return new ValueTask<TValue>(found.Value);
        }

        return MissedAsync(key, load, entry, cancellationToken);
    }

    /// <summary>Stores a value. One that is being loaded for the key meanwhile reaches those who wait for it, and is not stored over this one.</summary>
    /// <returns>Whether it is stored: not when it is heavier than the cache may be.</returns>
    public bool Set(TKey key, TValue value, CacheEntryOptions? entry = null)
    {
        var ticket = Begin(entry);
        lock (_gate)
        {
            DetachLocked(key);
            VoidLocked(key);
            return StoreLocked(key, value, ticket, entry, isAhead: false, timeToLive: null);
        }
    }

    /// <summary>Loads a key ahead of any request, when there is room in the queue for it.</summary>
    /// <returns>Whether it will be; false when it is there, being loaded, or the queue is full.</returns>
    /// <exception cref="ArgumentException">The entry's time or tags are out of range.</exception>
    public bool Prefetch(TKey key, Func<TKey, CancellationToken, Task<TValue>> load, CacheEntryOptions? entry = null)
    {
        Check(entry);
        if (_options.Prefetcher is not { } prefetcher || (_entries.TryGetValue(key, out var found) && IsFresh(found)))
        {
            return false;
        }

        lock (_gate)
        {
            if (_flights.ContainsKey(key))
            {
                return false;
            }
        }

        var isQueued = prefetcher.TryAdd(_ => AheadAsync(key, load, entry));
        if (!isQueued)
        {
            lock (_gate)
            {
                _counts.PrefetchDropped++;
            }
        }

        return isQueued;
    }

    /// <summary>Forgets a key; what is being loaded for it reaches those who wait, and is not kept.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(TKey key)
    {
        lock (_gate)
        {
            DetachLocked(key);
            VoidLocked(key);
            if (!_entries.TryGetValue(key, out var entry))
            {
                return false;
            }

            var wasThere = IsFresh(entry);
            TakeOutLocked(entry);
            _counts.Removed++;
            return wasThere;
        }
    }

    /// <summary>Declares void what carries a tag, here and in every cache that shares the tags.</summary>
    public void Invalidate(string tag) => _tags.Invalidate(tag);

    /// <inheritdoc/>
    public void Clear()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _epoch);
            _options.SecondLevel?.Void(Name, SecondLevel<TKey, TValue>.MarkOfCache(Name), _time);
            foreach (var flight in _flights.Values)
            {
                flight.IsDetached = true;
            }

            _flights.Clear();
            _failures.Clear();
            _counts.Removed += _entries.Count;
            _entries.Clear();
            _policy.Clear();
            _bytes = 0;
        }
    }

    /// <summary>Gives up a share of what is there, 0 to 1, as if there were less room.</summary>
    public void Trim(double share)
    {
        lock (_gate)
        {
            var target = (int)(_policy.Count * (1 - Math.Clamp(share, 0, 1)));
            while (_policy.Count > target && EvictLocked())
            {
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sweep?.Dispose();
        _tags.Unlisten(OnVoiding);
        _options.SecondLevel?.Close();
        Flight<TKey, TValue>[] flights;
        lock (_gate)
        {
            _isDisposed = true;
            flights = [.. _flights.Values];
        }

        foreach (var flight in flights)
        {
            flight.Result.TrySetException(new ObjectDisposedException(Name));
            _ = flight.Result.Task.Exception;
            Stop(flight);
        }
    }

    /// <summary>The moment before a load that the caller does by itself.</summary>
    internal CacheTicket Begin(CacheEntryOptions? entry)
    {
        Check(entry);
        return new CacheTicket(Volatile.Read(ref _epoch), _tags.Capture(entry?.Tags));
    }

    /// <summary>Stores what a caller loaded by itself, unless it was invalidated since, or another was faster. For keys that are never removed one by one.</summary>
    internal bool Publish(TKey key, TValue value, CacheTicket ticket, CacheEntryOptions? entry)
    {
        lock (_gate)
        {
            return !(_entries.TryGetValue(key, out var there) && IsFresh(there)) && StoreLocked(key, value, ticket, entry, isAhead: false, timeToLive: null);
        }
    }

    /// <summary>Looks for what has expired, a thousand entries each time, and gives something up when memory is short.</summary>
    internal void Sweep()
    {
        if (Interlocked.Exchange(ref _isSweeping, true))
        {
            return;
        }

        try
        {
            SweepSome();
            if (_options.IsMemoryShort is { } isShort ? isShort() : IsMemoryShort())
            {
                Trim(0.1);
            }
        }
        finally
        {
            Volatile.Write(ref _isSweeping, false);
        }
    }

    /// <summary>Checks what must hold between calls: the dictionary, the queues and the bytes say the same.</summary>
    internal void Verify()
    {
        lock (_gate)
        {
            var weight = 0L;
            var queued = 0;
            foreach (var entry in _policy.Entries)
            {
                weight += entry.Weight;
                queued++;
                if (!_entries.TryGetValue(entry.Key, out var there) || !ReferenceEquals(there, entry))
                {
                    throw new InvalidOperationException("an entry is in a queue and not in the dictionary");
                }
            }

            if (weight != _bytes || queued != _entries.Count || queued > _options.MaxEntries || _bytes + _policy.GhostBytes > _options.MaxBytes)
            {
                throw new InvalidOperationException($"{_entries.Count} entries of {_options.MaxEntries} weigh {weight}, counted {_bytes} of {_options.MaxBytes}, queued {queued}");
            }
        }
    }

    private static void Check(CacheEntryOptions? entry)
    {
        if (entry?.Tags is { Count: > MaxTags } tags)
        {
            throw new ArgumentException($"A value may have {MaxTags} tags; this one has {tags.Count}.", nameof(entry));
        }

        if (entry?.TimeToLive is { } time && !CacheOptions<TKey, TValue>.IsTime(time))
        {
            throw new ArgumentException($"A value may be fresh for 1 ms to 365 days; this one has {time}.", nameof(entry));
        }
    }

    /// <summary>Tells a load to stop. What it does then, however long that takes and whatever it throws, is nobody's to wait for.</summary>
    private static void Stop(Flight<TKey, TValue> flight) =>
        _ = flight.Stop.CancelAsync().ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>One collection says it once: without another since, nothing is known of what the last trim gave back.</summary>
    private bool IsMemoryShort()
    {
        var memory = GC.GetGCMemoryInfo(GCKind.Any);
        return memory.HighMemoryLoadThresholdBytes > 0 && memory.MemoryLoadBytes >= memory.HighMemoryLoadThresholdBytes && Interlocked.Exchange(ref _lastCollection, memory.Index) != memory.Index;
    }

    private static void SweepIfAlive(WeakReference<Cache<TKey, TValue>> self)
    {
        if (self.TryGetTarget(out var cache))
        {
            cache.Sweep();
        }
    }

    /// <summary>What was cleared is not in the dictionary any more, so only times and tags are looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsFresh(CacheEntry<TKey, TValue> entry) =>
        (entry.Tags is not { } tags || tags.IsCurrent) && (Environment.TickCount64 < entry.SurelyFreshUntil || _time.GetTimestamp() < entry.FreshUntil);

    private static bool IsValid(CacheEntry<TKey, TValue> entry) => entry.Tags is not { } tags || tags.IsCurrent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Use(CacheEntry<TKey, TValue> entry)
    {
        if (entry.Uses < _maxUses)
        {
            UseMore(entry);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void UseMore(CacheEntry<TKey, TValue> entry)
    {
        entry.Uses++;
        if (entry.Prefetched != 0 && Interlocked.Exchange(ref entry.Prefetched, 0) != 0)
        {
            Interlocked.Increment(ref _prefetchUsed);
        }

        if (_policy.WantsHits)
        {
            lock (_gate)
            {
                _policy.Hit(entry);
            }
        }
    }

    private async ValueTask<TValue> MissedAsync(TKey key, Func<TKey, CancellationToken, Task<TValue>> load, CacheEntryOptions? entry, CancellationToken cancellationToken)
    {
        Flight<TKey, TValue>? flight;
        var isNew = false;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _entries.TryGetValue(key, out var there);
            if (there is not null && IsFresh(there))
            {
                // Another was faster.
                _hits.AddFresh();
                Use(there);
                return there.Value;
            }

            flight = FlightLocked(key);
            if (there is not null && IsValid(there) && _time.GetTimestamp() < there.StaleUntil)
            {
                _hits.Add(HitCounters.Kind.Stale);
                Use(there);
                if (flight is null && _failures.Recent(key) is null)
                {
                    flight = BeginLocked(key, entry, isBackground: true, isAhead: false);
                    _ = RunAsync(flight, load, entry);
                }

                return there.Value;
            }

            if (flight is null)
            {
                _hits.Add(HitCounters.Kind.Miss);
                if (_failures.Recent(key) is { } recent)
                {
                    _counts.BackedOff++;
                    recent.Throw();
                }

                flight = BeginLocked(key, entry, isBackground: false, isAhead: false);
                isNew = true;
            }
            else if (FlightPath.IsInside(flight))
            {
                _hits.Add(HitCounters.Kind.Miss);
                throw new InvalidOperationException($"A load of the cache '{Name}' asks for its own key and would wait for itself.");
            }
            else
            {
                _hits.Add(HitCounters.Kind.Coalesced);
                if (flight.IsAhead)
                {
                    flight.IsAhead = false;
                    Interlocked.Increment(ref _prefetchUsed);
                }
            }

            flight.Waiting++;
        }

        if (isNew)
        {
            _ = RunAsync(flight, load, entry);
        }

        try
        {
            return await flight.Result.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(flight);
        }
    }

    private void Leave(Flight<TKey, TValue> flight)
    {
        lock (_gate)
        {
            if (--flight.Waiting > 0 || flight.IsBackground || flight.Result.Task.IsCompleted || _options.FinishAbandonedLoads)
            {
                return;
            }

            // The next who asks does not get the failure of a load that was stopped.
            DetachLocked(flight);
        }

        Stop(flight);
    }

    /// <summary>The load of a key that may be joined: one that began before an invalidation may not.</summary>
    private Flight<TKey, TValue>? FlightLocked(TKey key)
    {
        if (!_flights.TryGetValue(key, out var flight))
        {
            return null;
        }

        if (flight.Ticket.Tags is not { } tags || tags.IsCurrent)
        {
            return flight;
        }

        DetachLocked(flight);
        return null;
    }

    private Flight<TKey, TValue> BeginLocked(TKey key, CacheEntryOptions? entry, bool isBackground, bool isAhead)
    {
        var flight = new Flight<TKey, TValue>(key, Begin(entry)) { IsBackground = isBackground, IsAhead = isAhead };
        _flights.Add(key, flight);
        _counts.Loads++;
        _counts.Prefetched += isAhead ? 1 : 0;
        return flight;
    }

    private void DetachLocked(TKey key)
    {
        if (_flights.TryGetValue(key, out var flight))
        {
            DetachLocked(flight);
        }
    }

    private void DetachLocked(Flight<TKey, TValue> flight)
    {
        flight.IsDetached = true;
        if (_flights.TryGetValue(flight.Key, out var current) && ReferenceEquals(current, flight))
        {
            _flights.Remove(flight.Key);
        }
    }

    private Task AheadAsync(TKey key, Func<TKey, CancellationToken, Task<TValue>> load, CacheEntryOptions? entry)
    {
        Flight<TKey, TValue> flight;
        lock (_gate)
        {
            if (_isDisposed || FlightLocked(key) is not null || _failures.Recent(key) is not null || (_entries.TryGetValue(key, out var there) && IsFresh(there)))
            {
                return Task.CompletedTask;
            }

            flight = BeginLocked(key, entry, isBackground: true, isAhead: true);
        }

        return RunAsync(flight, load, entry);
    }

    /// <summary>Runs a load to its end and tells those who wait. Never throws.</summary>
    private async Task RunAsync(Flight<TKey, TValue> flight, Func<TKey, CancellationToken, Task<TValue>> load, CacheEntryOptions? entry)
    {
        try
        {
            // By itself from the first instruction: a load that blocks must not block who asks.
            var loading = Task.Run(() => LoadAsync(flight, load, entry));
            (TValue Value, TimeSpan? FreshFor) loaded;
            try
            {
                loaded = await loading.WaitAsync(_options.LoadTimeout, _time, flight.Stop.Token);
            }
            catch (TimeoutException late) when (!loading.IsCompleted)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"A load of the cache '{Name}' took longer than {_options.LoadTimeout.TotalSeconds:0.###} s."), late);
            }
            finally
            {
                if (!loading.IsCompleted)
                {
                    // It may not heed its token; then it is left behind, and what it brings is nobody's.
                    _ = loading.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    Stop(flight);
                }
            }

            Complete(flight, loaded.Value, loaded.FreshFor, entry);
        }
        catch (Exception failure)
        {
            Fail(flight, failure);
        }
    }

    private async Task<(TValue Value, TimeSpan? FreshFor)> LoadAsync(
        Flight<TKey, TValue> flight, Func<TKey, CancellationToken, Task<TValue>> load, CacheEntryOptions? entry)
    {
        FlightPath.Current = new FlightPath(flight, FlightPath.Current);
        if (_options.SecondLevel is not { } second)
        {
            return (await load(flight.Key, flight.Stop.Token), null);
        }

        var freshFor = entry?.TimeToLive ?? _options.TimeToLive ?? second.Keep;
        if (await second.FindAsync(Name, flight.Key, flight.Ticket.Tags, _time, flight.Stop.Token) is var (there, left))
        {
            return (there, left < freshFor ? left : freshFor);
        }

        var began = _time.GetUtcNow();
        var value = await load(flight.Key, flight.Stop.Token);
        if (!flight.IsDetached && flight.Ticket.Epoch == Volatile.Read(ref _epoch) && flight.Ticket.Tags is not { IsCurrent: false })
        {
            _ = second.StoreAsync(Name, flight.Key, value, began, freshFor, _time);
        }

        return (value, null);
    }

    private void Complete(Flight<TKey, TValue> flight, TValue value, TimeSpan? freshFor, CacheEntryOptions? entry)
    {
        lock (_gate)
        {
            _failures.Succeeded(flight.Key);
            if (flight.IsDetached || _isDisposed)
            {
                _counts.NotKept++;
            }
            else
            {
                DetachLocked(flight);
                StoreLocked(flight.Key, value, flight.Ticket, entry, flight.IsAhead, freshFor);
            }

            // Under the lock, so that who leaves in this moment does not stop what has ended.
            flight.Result.TrySetResult(value);
        }
    }

    private void Fail(Flight<TKey, TValue> flight, Exception failure)
    {
        lock (_gate)
        {
            if (!flight.IsDetached)
            {
                DetachLocked(flight);
                _failures.Failed(flight.Key, failure);
            }

            // One that was stopped because nobody waited any more is no failure.
            _counts.Failures += failure is OperationCanceledException && flight.Stop.IsCancellationRequested ? 0 : 1;
            flight.Result.TrySetException(failure);
        }

        // It may be that nobody waits.
        _ = flight.Result.Task.Exception;
    }

    private bool StoreLocked(TKey key, TValue value, CacheTicket ticket, CacheEntryOptions? entry, bool isAhead, TimeSpan? timeToLive)
    {
        var weight = EntryOverhead + Math.Clamp(_options.Weigh(key, value), 0, _options.MaxBytes);
        if (_isDisposed || ticket.Epoch != Volatile.Read(ref _epoch) || ticket.Tags is { IsCurrent: false })
        {
            _counts.NotKept++;
            return false;
        }

        _entries.TryGetValue(key, out var former);
        if (weight > _options.MaxBytes)
        {
            // What is there is older than what has no room, and is not to be served in its place.
            _counts.NotKept++;
            if (former is not null)
            {
                TakeOutLocked(former);
                _counts.Removed++;
            }

            return false;
        }

        var made = Make(key, value, weight, ticket, timeToLive ?? TimeToLiveOf(former, value, entry), isAhead);
        var place = former?.Queue;
        if (former is not null)
        {
            // It is found until the new one is, but takes no room any more. A new value is no new key: it keeps what the old one has earned, but for the use that tells
            // that it was of use to load it ahead.
            made.Uses = isAhead ? Math.Min(former.Uses, _maxUses - 1) : former.Uses;
            _policy.Remove(former);
            _bytes -= former.Weight;
        }

        MakeRoomLocked(weight);
        _policy.Add(made, place);
        _entries[key] = made;
        _bytes += weight;
        return true;
    }

    /// <summary>Gives up what must go before one more of that weight comes, which the cache may hold.</summary>
    private void MakeRoomLocked(long weight)
    {
        while (_policy.Count >= _options.MaxEntries || _bytes + weight + _policy.GhostBytes > _options.MaxBytes)
        {
            if (!EvictLocked())
            {
                _policy.ForgetGhosts();
                return;
            }
        }
    }

    private void VoidLocked(TKey key)
    {
        if (_options.SecondLevel is { } second)
        {
            second.Void(Name, second.MarkOfKey(Name, key), _time);
        }
    }

    [SuppressMessage("Security", "CA5394", Justification = "It spreads the times of values; nobody gains by guessing them.")]
    private CacheEntry<TKey, TValue> Make(TKey key, TValue value, long weight, CacheTicket ticket, TimeSpan? timeToLive, bool isAhead)
    {
        var freshUntil = long.MaxValue;
        var staleUntil = long.MaxValue;
        var surelyUntil = long.MaxValue;
        if (timeToLive is { } time)
        {
            if (_options.Jitter > 0)
            {
                time *= 1 - (_options.Jitter * _options.Random.NextDouble());
            }

            freshUntil = _time.TimestampAfter(time);
            staleUntil = freshUntil + _time.TimestampsIn(_options.StaleFor);

            // The cheap clock may be late by its resolution, and drift a little from the exact one.
            var slack = Math.Max(LeastCoarseSlack, time.TotalMilliseconds * CoarseSlackShare);
            surelyUntil = _hasCheapClock && time.TotalMilliseconds > slack ? Environment.TickCount64 + (long)(time.TotalMilliseconds - slack) : long.MinValue;
        }

        return new CacheEntry<TKey, TValue>(key, value)
        {
            Weight = weight,
            Tags = ticket.Tags,
            TimeToLive = timeToLive ?? System.Threading.Timeout.InfiniteTimeSpan,
            FreshUntil = freshUntil,
            StaleUntil = staleUntil,
            SurelyFreshUntil = surelyUntil,
            Prefetched = isAhead ? 1 : 0,
        };
    }

    private TimeSpan? TimeToLiveOf(CacheEntry<TKey, TValue>? former, TValue value, CacheEntryOptions? entry)
    {
        var usual = entry?.TimeToLive ?? _options.TimeToLive;
        if (_options.AdaptiveTimeToLive is not var (least, most) || usual is not { } time)
        {
            return usual;
        }

        if (former is not null && former.TimeToLive > TimeSpan.Zero)
        {
            time = _options.ValueComparer.Equals(former.Value, value) ? former.TimeToLive * 2 : former.TimeToLive / 2;
        }

        return time < least ? least : time > most ? most : time;
    }

    private bool EvictLocked()
    {
        if (_policy.Evict() is not { } victim)
        {
            return false;
        }

        _entries.TryRemove(victim.Key, out _);
        _bytes -= victim.Weight;
        _counts.Evicted++;
        return true;
    }

    private void TakeOutLocked(CacheEntry<TKey, TValue> entry)
    {
        _policy.Remove(entry);
        _entries.TryRemove(entry.Key, out _);
        _bytes -= entry.Weight;
    }

    private void SweepSome()
    {
        _sweepAt ??= _entries.GetEnumerator();
        for (var step = 0; step < SweepSteps; step++)
        {
            if (!_sweepAt.MoveNext())
            {
                _sweepAt = null;
                return;
            }

            Drop(_sweepAt.Current.Value);
        }
    }

    private void Drop(CacheEntry<TKey, TValue> entry)
    {
        var isValid = IsValid(entry);
        if (isValid && _time.GetTimestamp() < entry.StaleUntil)
        {
            return;
        }

        lock (_gate)
        {
            if (_entries.TryGetValue(entry.Key, out var there) && ReferenceEquals(there, entry))
            {
                TakeOutLocked(entry);
                _ = isValid ? _counts.Expired++ : _counts.Removed++;
            }
        }
    }

    /// <summary>Before the tag is void here: a load that begins when it is must not find the old value behind.</summary>
    private void OnVoiding(string tag) => _options.SecondLevel?.Void(Name, SecondLevel<TKey, TValue>.MarkOfTag(tag), _time);

    private void OnVoided()
    {
        // What may not be served must not stay in memory either until it happens to be looked at. However many tags are voided at once, one looks.
        if (Interlocked.Increment(ref _voided) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static cache => cache.SweepAll(), this, preferLocal: false);
        }
    }

    private void SweepAll()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _voided);
            foreach (var (_, entry) in _entries)
            {
                if (!IsValid(entry))
                {
                    Drop(entry);
                }
            }
        }
        while (Interlocked.CompareExchange(ref _voided, 0, seen) != seen);
    }

    /// <summary>What is counted under the lock.</summary>
    private struct Counts
    {
        public long Loads;
        public long Failures;
        public long BackedOff;
        public long NotKept;
        public long Evicted;
        public long Expired;
        public long Removed;
        public long Prefetched;
        public long PrefetchDropped;
    }
}
