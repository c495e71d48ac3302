using System.Diagnostics;
using System.Security.Cryptography;
using Troupe.Telemetry;

namespace Troupe.Bench.Scenarios;

/// <summary>What measuring costs beside what is measured.</summary>
internal static class ProfilerScenario
{
    public const string Name = "The profiler";

    public const string Caption =
        "In process, on one thread: a section by its name around nothing, and around about 20 µs of work (a hash of 8 KiB), in turn with the same work alone, the least of each. " +
        "Then the same section on all cores at once. What the runtime measures takes 50 µs and more.";

    private const int Rounds = 15;
    private const int Empty = 2_000_000;
    private const int Turns = 40;
    private const int Full = 250;

    public static async Task<List<Row>> RunAsync()
    {
        var profiler = new Profiler();
        List<double> nothing = [], shared = [], overhead = [];
        for (var round = -2; round < Rounds; round++)
        {
            var empty = Nanoseconds(() => Measure(profiler, Empty)) / Empty;
            var together = Nanoseconds(() => Parallel.For(0, Environment.ProcessorCount, _ => Measure(profiler, Empty))) / Empty;

            // In short turns, and the least of each: a shared machine takes its time now from the one and now from the other.
            double with = double.MaxValue, without = double.MaxValue;
            for (var turn = 0; turn < Turns; turn++)
            {
                with = Math.Min(with, Nanoseconds(() => Work(profiler)));
                without = Math.Min(without, Nanoseconds(() => Work(null)));
            }

            if (round >= 0)
            {
                nothing.Add(empty);
                shared.Add(together);
                overhead.Add(100 * ((with / without) - 1));
            }

            await Task.Yield();
        }

        return
        [
            Row.Of(Name, "around nothing", "ns", nothing, "≤ 200", v => v <= 200),
            Row.Of(Name, "around nothing, one section on all cores", "ns", shared),
            Row.Of(Name, "around 20 µs of work", "% more", overhead, "≤ 3", v => v <= 3),
        ];
    }

    private static void Measure(Profiler profiler, int times)
    {
        for (var n = 0; n < times; n++)
        {
            using (profiler.Measure("section", ProfileCategory.Tools))
            {
                // Nothing, so that only the measuring is left.
            }
        }
    }

    private static void Work(Profiler? profiler)
    {
        Span<byte> data = stackalloc byte[8 << 10];
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        for (var n = 0; n < Full; n++)
        {
            if (profiler is null)
            {
                SHA512.HashData(data, hash);
            }
            else
            {
                using (profiler.Measure("work", ProfileCategory.Tools))
                {
                    SHA512.HashData(data, hash);
                }
            }
        }
    }

    private static double Nanoseconds(Action work)
    {
        var begun = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(begun).TotalNanoseconds;
    }
}
