namespace Troupe.Telemetry;

/// <summary>What a <see cref="Histogram"/> has counted; in the unit of its values.</summary>
public readonly record struct HistogramSummary(long Count, long Sum, double P50, double P95, double P99, long Max)
{
    /// <summary>The mean; 0 when nothing was counted.</summary>
    public double Average => Count == 0 ? 0 : (double)Sum / Count;
}
