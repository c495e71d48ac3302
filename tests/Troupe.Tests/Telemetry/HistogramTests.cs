using System.Diagnostics.CodeAnalysis;
using Troupe.Telemetry;

namespace Troupe.Tests.Telemetry;

[SuppressMessage("Security", "CA5394", Justification = "A seed must give the same run again; nothing is kept secret by it.")]
public sealed class HistogramTests
{
    private const double Tolerance = 0.032;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Quantiles_of_random_values_are_within_the_promised_tolerance(int seed)
    {
        var random = new Random(seed);
        Func<long>[] shapes =
        [
            () => random.NextInt64(1_000_000),
            () => (long)Math.Exp(random.NextDouble() * 43),
            () => random.Next(20),
            () => random.Next(100) == 0 ? random.NextInt64(1L << 50) : random.NextInt64(200),
            () => 1L << random.Next(60),
            () => (1L << random.Next(1, 60)) - 1,
        ];
        foreach (var (shape, index) in shapes.Select((s, i) => (s, i)))
        {
            foreach (var count in new[] { 1, 2, 19, 100, 10_000 })
            {
                var histogram = new Histogram();
                var values = Enumerable.Range(0, count).Select(_ => shape()).Order().ToArray();
                foreach (var value in values)
                {
                    histogram.Record(value);
                }

                var summary = histogram.Summarize();
                foreach (var (quantile, found) in new[] { (0.50, summary.P50), (0.95, summary.P95), (0.99, summary.P99) })
                {
                    var exact = values[(int)Math.Ceiling(quantile * count) - 1];
                    Assert.True(
                        Math.Abs(found - exact) <= Tolerance * exact,
                        $"Quantile {quantile} of {count} values is {found}, exactly {exact}; seed {seed}, shape {index}.");
                }

                Assert.Equal((count, values[^1]), (summary.Count, summary.Max));
            }
        }
    }

    [Fact]
    public void Every_single_value_is_known_within_the_tolerance()
    {
        for (var bits = 0; bits < 63; bits++)
        {
            foreach (var value in new[] { 1L << bits, (1L << bits) - 1, (1L << bits) + 1, (1L << bits) + (1L << bits >> 1), long.MaxValue >> (62 - bits) })
            {
                var histogram = new Histogram();
                histogram.Record(value);
                histogram.Record(long.MaxValue);

                Assert.InRange(histogram.Summarize().P50, value * (1 - Tolerance), value * (1 + Tolerance));
            }
        }
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new Histogram();
        foreach (var value in Enumerable.Range(0, 16))
        {
            histogram.Record(value);
        }

        var summary = histogram.Summarize();

        Assert.Equal((16L, 120L, 7d, 15d, 15d, 15L), (summary.Count, summary.Sum, summary.P50, summary.P95, summary.P99, summary.Max));
        Assert.Equal(7.5, summary.Average);
    }

    [Fact]
    public void Nothing_counted_is_all_zeros()
    {
        Assert.Equal(default, new Histogram().Summarize());
        Assert.Equal(0, new Histogram().Summarize().Average);
    }

    [Fact]
    public void Negative_values_count_as_zero()
    {
        var histogram = new Histogram();
        histogram.Record(-5);
        histogram.Record(TimeSpan.FromSeconds(-1));

        Assert.Equal(new HistogramSummary(2, 0, 0, 0, 0, 0), histogram.Summarize());
    }

    [Fact]
    public void Durations_are_counted_in_microseconds()
    {
        var histogram = new Histogram();
        histogram.Record(TimeSpan.FromMilliseconds(3));

        Assert.Equal((3000L, 3000L), (histogram.Summarize().Sum, histogram.Summarize().Max));
    }

    [Fact]
    public async Task Nothing_is_lost_between_threads()
    {
        const int Threads = 8;
        const int Values = 50_000;
        var histogram = new Histogram();

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 1; i <= Values; i++)
            {
                // All threads raise the maximum at once, and the last value of all is the largest.
                histogram.Record((i * Threads) + thread);
            }
        }))).Soon();

        var expected = Enumerable.Range(0, Threads).Sum(t => Enumerable.Range(1, Values).Sum(i => ((long)i * Threads) + t));
        var summary = histogram.Summarize();
        Assert.Equal((Threads * Values, expected, (Values * Threads) + Threads - 1), (summary.Count, summary.Sum, summary.Max));
        Assert.InRange(summary.P50, 0.96 * Threads * Values / 2, 1.04 * Threads * Values / 2);
    }

    [Fact]
    public async Task Nothing_is_lost_when_all_count_the_same_value()
    {
        const int Threads = 4;
        const int Values = 4_000_000;
        var histogram = new Histogram();
        using var start = new Barrier(Threads);

        // Threads of their own: those of the pool may come one after the other.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                Assert.True(start.SignalAndWait(Limits.Wait));
                for (var i = 0; i < Values; i++)
                {
                    histogram.Record(7);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).Soon();

        Assert.Equal(new HistogramSummary(Threads * Values, Threads * Values * 7L, 7, 7, 7, 7), histogram.Summarize());
    }
}
