namespace Troupe.Storage;

/// <summary>Which sessions to list, newest use first.</summary>
public sealed record SessionQuery
{
    /// <summary>Whose; null for everybody's.</summary>
    public string? Owner { get; init; }

    /// <summary>Words that title or entries contain, as <see cref="SearchPhrase"/> finds them; null or empty for all.</summary>
    public string? Text { get; init; }

    /// <summary>Only sessions before this one, a session's id; null from the newest. None when there is no such session.</summary>
    public string? Before { get; init; }

    /// <summary>How many at most, 1 to 200.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Whether archived sessions are listed too.</summary>
    public bool Archived { get; init; }
}
