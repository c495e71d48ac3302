using Troupe.Telemetry;

namespace Troupe.Tests.Telemetry;

public sealed class ProfilerTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_section_tells_its_calls_average_quantiles_and_total()
    {
        var profiler = new Profiler(_time);
        for (var milliseconds = 1; milliseconds <= 100; milliseconds++)
        {
            using (profiler.Measure("work", ProfileCategory.Tools))
            {
                _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            }
        }

        var row = Assert.Single(profiler.Report().Sections);

        Assert.Equal((ProfileCategory.Tools, "work", 100L, 50.5, 5050.0), (row.Category, row.Section, row.Calls, row.AverageMs, row.TotalMs));
        Assert.InRange(row.P50Ms, 50 * 0.968, 50 * 1.032);
        Assert.InRange(row.P95Ms, 95 * 0.968, 95 * 1.032);
        Assert.InRange(row.P99Ms, 99 * 0.968, 99 * 1.032);
    }

    [Fact]
    public void Sections_overlap_and_contain_one_another()
    {
        var profiler = new Profiler(_time);
        using (profiler.Measure("outer"))
        {
            _time.Advance(TimeSpan.FromMilliseconds(3));
            using (profiler.Measure("inner"))
            {
                _time.Advance(TimeSpan.FromMilliseconds(2));
            }
        }

        Assert.Equal([("outer", 5.0), ("inner", 2.0)], profiler.Report().Sections.Select(s => (s.Section, s.TotalMs)));
    }

    [Fact]
    public void A_name_is_one_section_in_each_category()
    {
        var profiler = new Profiler(_time);
        profiler.Measure("same", ProfileCategory.Turns).Dispose();
        profiler.Measure("same", ProfileCategory.Tools).Dispose();
        profiler.Measure("same", ProfileCategory.Tools).Dispose();

        Assert.Equal(
            [(ProfileCategory.Turns, 1L), (ProfileCategory.Tools, 2L)],
            profiler.Report().Sections.OrderBy(s => s.Calls).Select(s => (s.Category, s.Calls)));
    }

    [Fact]
    public void Names_beyond_the_bound_are_counted_together()
    {
        const int Names = Profiler.MaxSections + 500;
        var profiler = new Profiler(_time);
        for (var n = 0; n < 2 * Names; n++)
        {
            profiler.Measure($"section {n % Names}", (ProfileCategory)(n % 3)).Dispose();
        }

        profiler.Measure(new string('x', Profiler.MaxNameLength + 1)).Dispose();
        profiler.Measure("").Dispose();

        var sections = profiler.Report().Sections;
        Assert.Equal(Profiler.MaxSections + 1, sections.Count);
        Assert.Equal((2 * Names) + 2, sections.Sum(s => s.Calls));
        Assert.True(Assert.Single(sections, s => s.Section == Profiler.OverflowName).Calls > 1000);
    }

    [Fact]
    public async Task Nothing_is_lost_between_threads_that_begin_the_same_sections()
    {
        const int Threads = 2;
        const int Rounds = 250;
        var profiler = new Profiler();
        var arrived = 0;

        // Every round all begin the same four new sections at once.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    // Not with a barrier: who comes last would be through before the other wakes.
                    Interlocked.Increment(ref arrived);
                    for (var spins = 0; Volatile.Read(ref arrived) < Threads * (round + 1); spins++)
                    {
                        var yielded = spins % 10_000 == 9_999 && Thread.Yield();
                        spins = yielded ? 0 : spins;
                    }

                    for (var n = 0; n < 4; n++)
                    {
                        profiler.Measure($"section {round} {n}").Dispose();
                    }
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).Soon();

        var sections = profiler.Report().Sections;
        Assert.Equal(4 * Rounds, sections.Count);
        Assert.All(sections, s => Assert.Equal(Threads, s.Calls));
    }

    [Fact]
    public void Measuring_what_is_known_allocates_nothing()
    {
        var profiler = new Profiler();
        var section = profiler.Section("kept", ProfileCategory.Database);
        Measure(10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Measure(10_000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Measure(int times)
        {
            for (var n = 0; n < times; n++)
            {
                using (profiler.Measure("named", ProfileCategory.Tools))
                using (section.Measure())
                {
                    section.Record(TimeSpan.FromTicks(n));
                }
            }
        }
    }

    [Fact]
    public async Task A_report_that_is_saved_is_read_back_as_it_was()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "new", "base.json");
        var profiler = new Profiler(_time);
        Spend(profiler, "a model", ProfileCategory.ModelCalls, 1.25);
        await new Profiler(_time).Report().SaveAsync(path, Limits.Token);
        var report = profiler.Report();

        await report.SaveAsync(path, Limits.Token);
        var read = await ProfileReport.ReadAsync(path, Limits.Token);

        Assert.Equal((report.At, report.Since), (read.At, read.Since));
        Assert.Equal(report.Sections, read.Sections);
        Assert.Equal(path, Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!)));
        Assert.Contains("\"model_calls\"", await File.ReadAllTextAsync(path, Limits.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_save_that_fails_leaves_the_former_file_and_nothing_else()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "base.json");
        var report = new Profiler(_time).Report();
        await report.SaveAsync(path, Limits.Token);
        var former = await File.ReadAllTextAsync(path, Limits.Token);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => report.SaveAsync(path, gone.Token));

        Assert.Equal(former, await File.ReadAllTextAsync(path, Limits.Token));
        Assert.Equal(path, Assert.Single(Directory.GetFileSystemEntries(folder.Path)));
    }

    [Theory]
    [InlineData(null, "report_not_found")]
    [InlineData("", "report_unreadable")]
    [InlineData("null", "report_unreadable")]
    [InlineData("{}", "report_unreadable")]
    [InlineData("""{"at":"2026-01-01T00:00:00Z","since":"2026-01-01T00:00:00Z","sections":[{"category":7}]}""", "report_unreadable")]
    public async Task What_is_no_report_is_refused(string? text, string code)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "base.json");
        if (text is not null)
        {
            await File.WriteAllTextAsync(path, text, Limits.Token);
        }

        Assert.Equal(code, (await Assert.ThrowsAsync<TroupeException>(() => ProfileReport.ReadAsync(path, Limits.Token))).Code);
    }

    [Fact]
    public void A_comparison_begins_with_what_got_slower_the_most()
    {
        var (before, after) = (new Profiler(_time), new Profiler(_time));
        foreach (var (name, was, isNow) in new[] { ("same", 4.0, 4.0), ("slower", 2.0, 3.0), ("much slower", 1.0, 8.0), ("faster", 10.0, 5.0) })
        {
            Spend(before, name, ProfileCategory.Tools, was);
            Spend(after, name, ProfileCategory.Tools, isNow);
        }

        Spend(before, "gone", ProfileCategory.Tools, 1);
        Spend(after, "new", ProfileCategory.Tools, 1);

        var comparison = after.Report().CompareTo(before.Report());

        Assert.Equal(
            [("much slower", 8.0), ("slower", 1.5), ("same", 1.0), ("faster", 0.5), ("gone", null), ("new", null)],
            comparison.Sections.Select(s => (s.Section, s.Ratio)));
        Assert.Null(comparison.Sections[4].Now);
        Assert.Null(comparison.Sections[5].Before);
        Assert.All(comparison.Sections.Take(4), s => Assert.Equal(s.Ratio!.Value, s.P99Ratio!.Value, 0.1 * s.Ratio.Value));
        var lines = comparison.ToText().Split('\n');
        Assert.Matches("^category +section +ratio ", lines[0]);
        Assert.Matches("^tools +much slower +8.000 ", lines[1]);
    }

    [Fact]
    public void A_table_has_a_line_for_each_section_in_columns()
    {
        var profiler = new Profiler(_time);
        Spend(profiler, "short", ProfileCategory.Tools, 1);
        Spend(profiler, "a longer name\u001b[31m", ProfileCategory.ModelCalls, 1234.5);

        var lines = profiler.Report().ToText().Split('\n');

        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^category +section +calls +average ms +p50 ms +p95 ms +p99 ms +total ms$", lines[0]);
        Assert.Matches(@"^model calls +a longer name\?\[31m +1 +1234\.500 ", lines[1]);
        Assert.Single(lines.Take(3).Select(l => l.Length).Distinct());
    }

    private void Spend(Profiler profiler, string name, ProfileCategory category, double milliseconds)
    {
        using var measured = profiler.Measure(name, category);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
    }
}
