namespace Troupe.Storage;

/// <summary>Which documents of a kind to read, by id from the last to the first.</summary>
/// <param name="Kind">What they are.</param>
public sealed record DocumentQuery(string Kind)
{
    /// <summary>Whose; null for everybody's.</summary>
    public string? Owner { get; init; }

    /// <summary>The one with this id; null for all.</summary>
    public string? Id { get; init; }

    /// <summary>Those that belong to this; null for all.</summary>
    public string? Link { get; init; }

    /// <summary>Only those whose id comes before this one; null from the last.</summary>
    public string? Before { get; init; }

    /// <summary>How many at most, 1 to 10,000.</summary>
    public int Limit { get; init; } = 1000;
}
