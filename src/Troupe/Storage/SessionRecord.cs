namespace Troupe.Storage;

/// <summary>The stored row of a session.</summary>
public sealed record SessionRecord
{
    /// <summary>Unique in the store; never shown.</summary>
    public required long Number { get; init; }

    /// <summary>What clients call it.</summary>
    public required string Id { get; init; }

    /// <summary>Whom it belongs to.</summary>
    public required string Owner { get; init; }

    /// <summary>The agent's name.</summary>
    public required string Agent { get; init; }

    /// <summary>What a client may rely on.</summary>
    public required Durability Durability { get; init; }

    /// <summary>A short name; null until one is given or made.</summary>
    public string? Title { get; init; }

    /// <summary>Out of the usual list.</summary>
    public bool Archived { get; init; }

    /// <summary>The leaf that the owner chose; 0 when none was. Holds until a turn completes after entry <see cref="HeadAfter"/>.</summary>
    public int Head { get; init; }

    /// <summary>The newest entry when the head was chosen.</summary>
    public int HeadAfter { get; init; }

    /// <summary>Where an imported session comes from, unique for its owner, so that it is not imported twice; null for one that began here.</summary>
    public string? Origin { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last used; written lazily, at most a minute late.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
