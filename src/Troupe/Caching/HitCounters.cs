using System.Runtime.CompilerServices;

namespace Troupe.Caching;

/// <summary>The four counters that every request of a cache touches. Counting a hit costs an addition in the thread's own memory. Thread-safe.</summary>
internal sealed class HitCounters
{
    private readonly int _fresh = ThreadCells.Rent();
    private long _stale;
    private long _misses;
    private long _coalesced;

    public enum Kind
    {
        Fresh,
        Stale,
        Miss,
        Coalesced,
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddFresh() => ThreadCells.Add(_fresh);

    public void Add(Kind kind)
    {
        switch (kind)
        {
            case Kind.Fresh:
                AddFresh();
                break;

            case Kind.Stale:
                Interlocked.Increment(ref _stale);
                break;

            case Kind.Miss:
                Interlocked.Increment(ref _misses);
                break;

            default:
                Interlocked.Increment(ref _coalesced);
                break;
        }
    }

    public long Sum(Kind kind) => kind switch
    {
        Kind.Fresh => ThreadCells.Sum(_fresh),
        Kind.Stale => Volatile.Read(ref _stale),
        Kind.Miss => Volatile.Read(ref _misses),
        _ => Volatile.Read(ref _coalesced),
    };
}
