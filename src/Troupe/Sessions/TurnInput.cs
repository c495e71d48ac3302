using System.Globalization;

namespace Troupe.Sessions;

/// <summary>What is said to a session: a message, or the wish for another answer to an earlier one.</summary>
public sealed record TurnInput
{
    /// <summary>The words; null when <see cref="Regenerate"/> is set.</summary>
    public string? Message { get; init; }

    /// <summary>The entry to follow, 0 for a new root; null for the newest completed leaf, resolved when the turn starts.</summary>
    public int? Parent { get; init; }

    /// <summary>The user entry to answer again, beside its earlier answer.</summary>
    public int? Regenerate { get; init; }

    /// <summary>The model for this turn; null for the agent's.</summary>
    public string? Model { get; init; }

    /// <summary>Whether the answer must be a new one, also where the agent would take one that was computed before.</summary>
    public bool NoCache { get; init; }

    /// <summary>The client's idempotency key; null without one.</summary>
    public string? Key { get; init; }

    /// <summary>The hash of what the input means, the same for the same request however its JSON was written.</summary>
    public UInt128 BodyHash => Hashing.Of(
        Message, Parent?.ToString(CultureInfo.InvariantCulture), Regenerate?.ToString(CultureInfo.InvariantCulture), Model, NoCache ? "no-cache" : null);

    internal UInt128? KeyHash => Key is null ? null : Hashing.Of(Key);
}
