namespace Troupe.Cli.Import;

/// <summary>What became of one file.</summary>
internal sealed class FileSummary
{
    public required string Path { get; init; }

    /// <summary>The format by the file's content; null when it is none.</summary>
    public string? Format { get; set; }

    /// <summary>Conversations that could be read.</summary>
    public int Conversations { get; set; }

    /// <summary>How many messages they have, notes counted too.</summary>
    public int Entries { get; set; }

    /// <summary>Sessions that were made.</summary>
    public int New { get; set; }

    /// <summary>Conversations whose session was there already.</summary>
    public int Existing { get; set; }

    public List<RefusedPlace> Refused { get; init; } = [];
}
