using System.Runtime.ExceptionServices;

namespace Troupe.Caching;

/// <summary>The last failures by key, so that a back end that fails is not asked at once again. Bounded; guarded by its cache.</summary>
internal sealed class FailureBook<TKey>(TimeSpan first, TimeSpan longest, IEqualityComparer<TKey> comparer, TimeProvider time)
    where TKey : notnull
{
    private const int Capacity = 1024;

    private readonly Dictionary<TKey, (Exception Failure, int Count, long Until)> _failures = new(comparer);
    private readonly Queue<TKey> _order = new();

    /// <summary>Throws the key's last failure when it is too recent to try again.</summary>
    public ExceptionDispatchInfo? Recent(TKey key) =>
        _failures.TryGetValue(key, out var known) && time.GetTimestamp() < known.Until ? ExceptionDispatchInfo.Capture(known.Failure) : null;

    public void Failed(TKey key, Exception failure)
    {
        if (first <= TimeSpan.Zero)
        {
            return;
        }

        var count = _failures.TryGetValue(key, out var known) ? known.Count + 1 : 1;
        if (count == 1)
        {
            _order.Enqueue(key);
            while (_order.Count > Capacity)
            {
                _failures.Remove(_order.Dequeue());
            }
        }

        var pause = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(count - 1, 30)));
        _failures[key] = (failure, count, time.GetTimestamp() + (long)(pause * time.TimestampFrequency));
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
}
