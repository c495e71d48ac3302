namespace Troupe.Telemetry;

/// <summary>Two reports beside each other.</summary>
/// <param name="At">The moment of the newer one.</param>
/// <param name="BaselineAt">The moment of the older one.</param>
/// <param name="Sections">The sections of both, what got slower the most first; what is only in one comes last.</param>
public sealed record ProfileComparison(DateTimeOffset At, DateTimeOffset BaselineAt, IReadOnlyList<ProfileChange> Sections)
{
    /// <summary>The comparison as a table for people.</summary>
    public string ToText() => ProfileText.Table(
        ["category", "section", "ratio", "p50 ratio", "p95 ratio", "p99 ratio", "average ms", "before ms", "calls", "before"],
        Sections.Select(c => (string[])
        [
            ProfileText.Of(c.Category), c.Section, ProfileText.Of(c.Ratio), ProfileText.Of(c.P50Ratio), ProfileText.Of(c.P95Ratio), ProfileText.Of(c.P99Ratio),
            ProfileText.Of(c.Now?.AverageMs), ProfileText.Of(c.Before?.AverageMs), ProfileText.Of(c.Now?.Calls ?? 0), ProfileText.Of(c.Before?.Calls ?? 0),
        ]));
}
