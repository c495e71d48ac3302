using System.Runtime.ExceptionServices;

namespace Troupe.Caching;

/// <summary>The last failures by key, so that a back end that fails is not asked at once again. Bounded; guarded by its cache.</summary>
internal sealed class FailureBook<TKey>(TimeSpan first, TimeSpan longest, IEqualityComparer<TKey> comparer, TimeProvider time)
    where TKey : notnull
{
    private const int Capacity = 1024;

    private readonly Dictionary<TKey, (Exception Failure, int Count, long Until, long Place)> _failures = new(comparer);
    private readonly Queue<(TKey Key, long Place)> _order = new();
    private long _next;

    /// <summary>Throws the key's last failure when it is too recent to try again.</summary>
    public ExceptionDispatchInfo? Recent(TKey key) =>
        _failures.TryGetValue(key, out var known) && time.GetTimestamp() < known.Until ? ExceptionDispatchInfo.Capture(known.Failure) : null;

    public void Failed(TKey key, Exception failure)
    {
        if (first <= TimeSpan.Zero)
        {
            return;
        }

        var (count, place) = _failures.TryGetValue(key, out var known) ? (known.Count + 1, known.Place) : (1, _next++);
        var pause = Math.Min(longest.Ticks, first.Ticks * Math.Pow(2, Math.Min(count - 1, 30)));
        _failures[key] = (failure, count, time.TimestampAfter(TimeSpan.FromTicks((long)pause)), place);
        if (count == 1)
        {
            _order.Enqueue((key, place));
            Forget();
        }
    }

    public void Succeeded(TKey key)
    {
        if (_failures.Count > 0)
        {
            // Its place in the order stays, and is passed over when its turn comes.
            _failures.Remove(key);
        }
    }

    public void Clear()
    {
        _failures.Clear();
        _order.Clear();
    }
    private void Forget()
    {
        while (_failures.Count > Capacity)
        {
            var oldest = _order.Dequeue();
            if (IsCurrent(oldest))
            {
                _failures.Remove(oldest.Key);
            }
        }

        if (_order.Count > 2 * Capacity)
        {
            for (var left = _order.Count; left > 0; left--)
            {
                var entry = _order.Dequeue();
                if (IsCurrent(entry))
                {
                    _order.Enqueue(entry);
                }
            }
        }
    }

    private bool IsCurrent((TKey Key, long Place) entry) => _failures.TryGetValue(entry.Key, out var known) && known.Place == entry.Place;
}
