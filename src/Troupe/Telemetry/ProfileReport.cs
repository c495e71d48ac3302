using System.Text.Json;

namespace Troupe.Telemetry;

/// <summary>What a <see cref="Profiler"/> has measured until a moment.</summary>
/// <param name="At">The moment.</param>
/// <param name="Since">When it began to measure.</param>
/// <param name="Sections">The sections, what took the most time first.</param>
public sealed record ProfileReport(DateTimeOffset At, DateTimeOffset Since, IReadOnlyList<ProfileRow> Sections)
{
    private const int MaxFileBytes = 4 << 20;

    /// <summary>Reads a report that was saved.</summary>
    /// <exception cref="TroupeException">There is none (code report_not_found), or the file holds something else (code report_unreadable).</exception>
    public static async Task<ProfileReport> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return file.Length <= MaxFileBytes
                ? await JsonSerializer.DeserializeAsync(file, ProfileJson.Default.ProfileReport, cancellationToken) ?? throw Unreadable(path, null)
                : throw Unreadable(path, null);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TroupeException(ErrorKind.NotFound, "report_not_found", $"There is no saved report '{Path.GetFileNameWithoutExtension(path)}'.", failure);
        }
        catch (JsonException failure)
        {
            throw Unreadable(path, failure);
        }
    }

    /// <summary>Writes the report to a file, as a whole or not at all; a former file of the name is replaced.</summary>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var unfinished = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.CreateVersion7(At):N}.tmp");
        try
        {
            await using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            {
                await JsonSerializer.SerializeAsync(file, this, ProfileJson.Default.ProfileReport, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>How each section stands to what it was in an earlier report, what got slower the most first.</summary>
    public ProfileComparison CompareTo(ProfileReport baseline)
    {
        var before = baseline.Sections.DistinctBy(KeyOf).ToDictionary(KeyOf);
        var now = Sections.Select(KeyOf).ToHashSet();
        var changes = Sections.Select(row => new ProfileChange(row.Category, row.Section, row, before.GetValueOrDefault(KeyOf(row))))
            .Concat(before.Where(b => !now.Contains(b.Key)).Select(b => new ProfileChange(b.Value.Category, b.Value.Section, null, b.Value)));

        // What cannot be compared comes last; null sorts below every number.
        return new ProfileComparison(At, baseline.At, [.. changes.OrderByDescending(c => c.Ratio).ThenBy(c => c.Section, StringComparer.Ordinal)]);

        static (ProfileCategory, string) KeyOf(ProfileRow row) => (row.Category, row.Section);
    }

    /// <summary>The report as a table for people.</summary>
    public string ToText() => ProfileText.Table(
        ["category", "section", "calls", "average ms", "p50 ms", "p95 ms", "p99 ms", "total ms"],
        Sections.Select(r => (string[])
        [
            ProfileText.Of(r.Category), r.Section, ProfileText.Of(r.Calls), ProfileText.Of(r.AverageMs), ProfileText.Of(r.P50Ms), ProfileText.Of(r.P95Ms),
            ProfileText.Of(r.P99Ms), ProfileText.Of(r.TotalMs),
        ]));

    private static TroupeException Unreadable(string path, Exception? inner) =>
        new(ErrorKind.Invalid, "report_unreadable", $"'{Path.GetFileName(path)}' is no saved report. Save it anew.", inner);
}
