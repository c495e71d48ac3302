namespace Troupe.Sessions;

/// <summary>The bounds of a <see cref="SessionDirectory"/>.</summary>
public sealed record SessionDirectoryOptions
{
    /// <summary>Sessions loaded at once. Default 20,000.</summary>
    public int MaxSessions { get; init; } = 20_000;

    /// <summary>Bytes of loaded sessions. Default 256 MiB.</summary>
    public long MaxBytes { get; init; } = 256 << 20;

    /// <summary>How long an unused session stays loaded. Default one hour.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromHours(1);
}
