namespace Troupe.Telemetry;

/// <summary>A section in two reports.</summary>
/// <param name="Category">The kind of work.</param>
/// <param name="Section">The section's name.</param>
/// <param name="Now">What it takes; null when it is not measured any more.</param>
/// <param name="Before">What it took; null when it is new.</param>
public sealed record ProfileChange(ProfileCategory Category, string Section, ProfileRow? Now, ProfileRow? Before)
{
    /// <summary>The mean now over the mean before: 2 is twice as slow; null where one is missing.</summary>
    public double? Ratio => RatioOf(Now?.AverageMs, Before?.AverageMs);

    /// <summary>The same of the medians.</summary>
    public double? P50Ratio => RatioOf(Now?.P50Ms, Before?.P50Ms);

    /// <summary>The same of the 95th percentiles.</summary>
    public double? P95Ratio => RatioOf(Now?.P95Ms, Before?.P95Ms);

    /// <summary>The same of the 99th percentiles.</summary>
    public double? P99Ratio => RatioOf(Now?.P99Ms, Before?.P99Ms);

    private static double? RatioOf(double? now, double? before) => now is { } n && before is > 0 and var b ? Math.Round(n / b, 3) : null;
}
