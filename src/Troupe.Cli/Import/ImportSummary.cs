using System.Text.Json.Serialization;

namespace Troupe.Cli.Import;

/// <summary>What an import did: for people, for programs, and for the way back.</summary>
internal sealed class ImportSummary
{
    public const int Version = 1;

    /// <summary>The summary's version, which also marks the file as one.</summary>
    [JsonPropertyOrder(-1)]
    [JsonRequired]
    public int TroupeImport { get; init; } = Version;

    /// <summary>When it began, by the server's clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The server; null when nothing was sent.</summary>
    public string? Url { get; init; }

    /// <summary>Whether files were only read.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether it ended before all was taken: the same command completes it.</summary>
    public bool Interrupted { get; set; }

    /// <summary>The backup that was made before; null for none.</summary>
    public string? Backup { get; set; }

    /// <summary>Why there is no backup.</summary>
    public string? BackupNote { get; set; }

    public List<FileSummary> Files { get; init; } = [];

    public List<SessionSummary> Sessions { get; init; } = [];

    /// <summary>Sessions that it may have made, too: it was about to when it was ended.</summary>
    [JsonIgnore]
    public IReadOnlyList<SessionSummary> Planned { get; set; } = [];

    [JsonIgnore]
    public int New => Files.Sum(f => f.New);

    [JsonIgnore]
    public int Existing => Files.Sum(f => f.Existing);

    [JsonIgnore]
    public int Refused => Files.Sum(f => f.Refused.Count);
}
