namespace Troupe.Telemetry;

/// <summary>What a section has taken, in milliseconds.</summary>
/// <param name="Category">The kind of work.</param>
/// <param name="Section">The section's name.</param>
/// <param name="Calls">How often it was measured.</param>
/// <param name="AverageMs">The mean.</param>
/// <param name="P50Ms">The median.</param>
/// <param name="P95Ms">The 95th percentile.</param>
/// <param name="P99Ms">The 99th percentile.</param>
/// <param name="TotalMs">All calls together; calls that overlap in time each count.</param>
public sealed record ProfileRow(
    ProfileCategory Category, string Section, long Calls, double AverageMs, double P50Ms, double P95Ms, double P99Ms, double TotalMs)
{
    internal static ProfileRow Of(ProfileSection section)
    {
        var summary = section.Nanoseconds;
        return new(section.Category, section.Name, summary.Count, Ms(summary.Average), Ms(summary.P50), Ms(summary.P95), Ms(summary.P99), Ms(summary.Sum));
    }

    private static double Ms(double nanoseconds) => Math.Round(nanoseconds / 1e6, 6);
}
