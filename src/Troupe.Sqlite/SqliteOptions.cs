namespace Troupe.Sqlite;

/// <summary>How a <see cref="SqliteStore"/> is opened.</summary>
public sealed record SqliteOptions
{
    /// <summary>The folder of the database; made when missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Connections that read at once, 1 to 1,000. Default 20.</summary>
    public int MaxReaders { get; init; } = 20;

    /// <summary>How long receipts of idempotency keys are kept. Default 48 h, at least 24 h.</summary>
    public TimeSpan ReceiptAge { get; init; } = TimeSpan.FromHours(48);
}
