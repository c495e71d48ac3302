using System.Numerics;

namespace Troupe.Telemetry;

/// <summary>Counts values in buckets that grow with the value, so that any quantile is known within 3.2 % with 8 KiB of memory,
/// after the bucket scheme of HdrHistogram (Gil Tene). Thread-safe; recording takes no lock and allocates nothing.</summary>
public sealed class Histogram
{
    private const int SubBits = 4;
    private const int SubCount = 1 << SubBits;
    private readonly long[] _counts = new long[64 * SubCount];
    private long _sum;
    private long _max;

    /// <summary>Counts one value; negative ones count as 0.</summary>
    public void Record(long value)
    {
        value = Math.Max(0, value);
        Interlocked.Increment(ref _counts[IndexOf(value)]);
        Interlocked.Add(ref _sum, value);
        var max = Volatile.Read(ref _max);
        while (value > max)
        {
            var seen = Interlocked.CompareExchange(ref _max, value, max);
            if (seen == max)
            {
                break;
            }

            max = seen;
        }
    }

    /// <summary>Counts a duration, in microseconds.</summary>
    public void Record(TimeSpan duration) => Record((long)duration.TotalMicroseconds);

    /// <summary>What has been counted so far; a value recorded meanwhile may or may not be in it.</summary>
    public HistogramSummary Summarize()
    {
        var counts = new long[_counts.Length];
        long total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i] = Volatile.Read(ref _counts[i]);
        }

        var max = Volatile.Read(ref _max);
        return new HistogramSummary(total, Volatile.Read(ref _sum), Quantile(0.50), Quantile(0.95), Quantile(0.99), max);

        double Quantile(double quantile)
        {
            var rank = (long)Math.Ceiling(quantile * total);
            long seen = 0;
            for (var i = 0; i < counts.Length && total > 0; i++)
            {
                seen += counts[i];
                if (seen >= rank)
                {
                    return Math.Min(MiddleOf(i), max);
                }
            }

            return 0;
        }
    }

    private static int IndexOf(long value)
    {
        if (value < SubCount)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) & (SubCount - 1));
    }

    private static double MiddleOf(int index)
    {
        if (index < SubCount)
        {
            return index;
        }

        var shift = (index >> SubBits) - 1;
        var low = (long)(SubCount + (index & (SubCount - 1))) << shift;
        return low + (((1L << shift) - 1) / 2.0);
    }
}
