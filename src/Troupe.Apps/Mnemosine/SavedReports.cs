using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Troupe.Telemetry;

namespace Troupe.Apps.Mnemosine;

/// <summary>The profiler's reports that were saved under a name, in a folder of the data folder; at most 100. Thread-safe.</summary>
internal sealed partial class SavedReports(string data)
{
    private const int MaxFiles = 100;

    private readonly string _folder = Path.Combine(Path.GetFullPath(data), "performance");
    private readonly SemaphoreSlim _one = new(1);

    /// <exception cref="TroupeException">The name is none (code query_invalid), there is no such report (code report_not_found), or its file
    /// holds something else (code report_unreadable).</exception>
    public Task<ProfileReport> ReadAsync(string member, string name, CancellationToken cancellationToken) =>
        ProfileReport.ReadAsync(PathOf(member, name), cancellationToken);

    /// <summary>Saves a report; a former one of the name is replaced.</summary>
    /// <exception cref="TroupeException">The name is none (code query_invalid), or there are as many reports as may be (code reports_full).</exception>
    [SuppressMessage("Security", "CA3003", Justification = "PathOf refuses every name but 1 to 64 of a-z, 0-9, - and _, which leads nowhere else.")]
    public async Task SaveAsync(string member, string name, ProfileReport report, CancellationToken cancellationToken)
    {
        var path = PathOf(member, name);

        // One at a time, so that the bound is kept.
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (!File.Exists(path) && Directory.Exists(_folder) && Directory.EnumerateFiles(_folder, "*.json").Take(MaxFiles).Count() == MaxFiles)
            {
                throw new TroupeException(
                    ErrorKind.Conflict, "reports_full",
                    string.Create(CultureInfo.InvariantCulture, $"There are {MaxFiles} saved reports, as many as may be. Save under a name that exists, or delete files of '{_folder}'."));
            }

            await report.SaveAsync(path, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    // The name becomes a file's: whatever could lead elsewhere is refused.
    private string PathOf(string member, string name) => Name.IsMatch(name)
        ? Path.Combine(_folder, $"{name}.json")
        : throw new TroupeException(
            ErrorKind.Invalid, "query_invalid", $"'{member}' is '{(name.Length > 40 ? TextRules.Mend(name[..40]) : name)}'; it must be 1 to 64 characters of a-z, 0-9, '-' and '_'.")
        {
            Member = member,
        };

    [GeneratedRegex(@"\A[a-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name { get; }
}
