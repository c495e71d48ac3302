using System.Globalization;
using System.Text.Json;
using Troupe.Telemetry;

namespace Troupe.Cli.Load;

/// <summary>What a load test brought. Latencies are in microseconds.</summary>
internal sealed record LoadResult(int Connections, TimeSpan Duration, HistogramSummary Latency, long Errors, string? FirstError)
{
    public double PerSecond => Latency.Count / Duration.TotalSeconds;

    public JsonElement ToJson() => JsonElement.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
        {"connections":{{Connections}},"seconds":{{Duration.TotalSeconds:0.###}},"turns":{{Latency.Count}},"errors":{{Errors}},"turns_per_second":{{PerSecond:0.#}},
         "p50_ms":{{Latency.P50 / 1000:0.###}},"p95_ms":{{Latency.P95 / 1000:0.###}},"p99_ms":{{Latency.P99 / 1000:0.###}},"max_ms":{{Latency.Max / 1000.0:0.###}}}
        """));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        turns      {Latency.Count:N0} in {Duration.TotalSeconds:0.0} s over {Connections} connections
        a second   {PerSecond:N0}
        latency    p50 {Latency.P50 / 1000:0.00} ms, p95 {Latency.P95 / 1000:0.00} ms, p99 {Latency.P99 / 1000:0.00} ms, most {Latency.Max / 1000.0:0.00} ms
        errors     {Errors:N0}
        """);
}
