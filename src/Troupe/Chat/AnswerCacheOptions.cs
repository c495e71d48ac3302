namespace Troupe.Chat;

/// <summary>The bounds of the answers that are kept.</summary>
public sealed record AnswerCacheOptions
{
    /// <summary>How long an answer may be used again, unless its caller says otherwise, 1 ms to 365 days; null for answers that are never kept. Default 5 minutes.</summary>
    public TimeSpan? TimeToLive { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Answers at most. Default 10,000.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>Bytes at most. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64L << 20;
}
