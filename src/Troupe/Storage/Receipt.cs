namespace Troupe.Storage;

/// <summary>What an owner-wide idempotency key did, so that the same request returns the same answer.</summary>
public sealed record Receipt
{
    /// <summary>Whose key it is.</summary>
    public required string Owner { get; init; }

    /// <summary>Truncated SHA-256 of the route and the client's key.</summary>
    public required UInt128 Key { get; init; }

    /// <summary>Truncated SHA-256 of the canonical body.</summary>
    public required UInt128 BodyHash { get; init; }

    /// <summary>What was made: a session's or a key's id.</summary>
    public required string Made { get; init; }

    /// <summary>When; receipts are kept at least 24 hours.</summary>
    public required DateTimeOffset At { get; init; }
}
