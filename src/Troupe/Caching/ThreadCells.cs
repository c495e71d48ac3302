using System.Runtime.CompilerServices;

namespace Troupe.Caching;

/// <summary>Counters that each thread adds to in memory of its own, without a lock and without an atomic instruction, and that are exact when they are summed: what a thread
/// has counted stays when it ends. Thread-safe.</summary>
internal static class ThreadCells
{
    private static readonly Lock Gate = new();
    private static readonly List<Cells> All = [];
    private static long[] s_ended = [];
    private static int s_count;

    [ThreadStatic]
    private static long[]? s_own;

    [ThreadStatic]
    private static Cells? s_cells;

    /// <summary>A place of one's own, for good: eight bytes a thread that counts there.</summary>
    public static int Rent() => Interlocked.Increment(ref s_count) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(int place)
    {
        var own = s_own;
        if (own is not null && (uint)place < (uint)own.Length)
        {
            own[place]++;
        }
        else
        {
            AddFirst(place);
        }
    }

    public static long Sum(int place)
    {
        lock (Gate)
        {
            var sum = place < s_ended.Length ? s_ended[place] : 0;
            foreach (var cells in All)
            {
                sum += place < cells.Counts.Length ? Volatile.Read(ref cells.Counts[place]) : 0;
            }

            return sum;
        }
    }

    /// <summary>Makes room on this thread; only the thread itself writes to its cells.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddFirst(int place)
    {
        lock (Gate)
        {
            if (s_cells is not { } cells)
            {
                FoldLocked();
                s_cells = cells = new Cells(Thread.CurrentThread);
                All.Add(cells);
            }

            var grown = new long[Math.Max(2 * place, 32)];
            cells.Counts.CopyTo(grown, 0);
            cells.Counts = s_own = grown;
            grown[place]++;
        }
    }

    /// <summary>Adds up what threads have left that are no more, so that there are never more cells than threads.</summary>
    private static void FoldLocked() => All.RemoveAll(cells =>
    {
        if (cells.Thread.IsAlive)
        {
            return false;
        }

        if (s_ended.Length < cells.Counts.Length)
        {
            Array.Resize(ref s_ended, cells.Counts.Length);
        }

        for (var i = 0; i < cells.Counts.Length; i++)
        {
            s_ended[i] += cells.Counts[i];
        }

        return true;
    });

    private sealed class Cells(Thread thread)
    {
        public Thread Thread => thread;

        public long[] Counts { get; set; } = [];
    }
}
