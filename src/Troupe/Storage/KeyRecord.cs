namespace Troupe.Storage;

/// <summary>A stored access key. The secret itself is stored nowhere.</summary>
public sealed record KeyRecord
{
    /// <summary>What the key is called by in lists and logs.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the bearer token.</summary>
    public required string HashHex { get; init; }

    /// <summary>To whom everything done with the key belongs.</summary>
    public required string Owner { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>What the key may do: chat, teach, admin.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Requests a minute; null without a limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Requests at once; null without a limit.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Tokens a day (UTC), read and written; null without a limit.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was revoked; null while it is good.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Whether a browser was logged in by it: its token is in a cookie, and it is good until <see cref="ExpiresAt"/>.</summary>
    public bool IsLogin { get; init; }

    /// <summary>The key that a login was made with, and that it ends with; null for the operator's link.</summary>
    public string? Parent { get; init; }

    /// <summary>When a login ends; null for a key, which does not.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
