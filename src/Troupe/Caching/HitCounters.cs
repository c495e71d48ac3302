namespace Troupe.Caching;

/// <summary>The four counters that every request touches, one cache line for a few threads each, so that counting exactly costs no waiting. Thread-safe.</summary>
internal sealed class HitCounters
{
    private const int LineLength = 16;
    private readonly long[] _cells = new long[((Mask + 1) * LineLength) + LineLength];

    private static int Mask { get; } = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount * 4) - 1;

    public enum Kind
    {
        Fresh,
        Stale,
        Miss,
        Coalesced,
    }

    public void Add(Kind kind) => Interlocked.Increment(ref _cells[((Environment.CurrentManagedThreadId & Mask) * LineLength) + LineLength + (int)kind]);

    public long Sum(Kind kind)
    {
        long sum = 0;
        for (var line = 0; line <= Mask; line++)
        {
            sum += Volatile.Read(ref _cells[(line * LineLength) + LineLength + (int)kind]);
        }

        return sum;
    }
}
