using Troupe.Server;

namespace Troupe.Cli.Telemetry;

/// <summary>The standard variables of OpenTelemetry, from the environment or from <c>.env</c>.</summary>
internal static class TelemetrySettings
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Known =
    [
        Endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT",
    ];

    /// <summary>The variables that are set; null when nothing is to be exported.</summary>
    /// <exception cref="TroupeException">One is wrong; left to the exporter, it would be overlooked and everything sent to another place.</exception>
    public static IReadOnlyDictionary<string, string?>? Read(Func<string, string?> read)
    {
        if (read(Endpoint) is not { Length: > 0 } || string.Equals(read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        foreach (var name in Known.Where(n => n.EndsWith("_ENDPOINT", StringComparison.Ordinal)))
        {
            // An address may hold a password, so it is not told.
            if (read(name) is { Length: > 0 } text && !(Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
            {
                throw ServerSettings.Wrong(name, "(an address)", "an http or https address");
            }
        }

        foreach (var name in Known.Where(n => n.EndsWith("_PROTOCOL", StringComparison.Ordinal)))
        {
            if (read(name) is { Length: > 0 } text && text is not ("grpc" or "http/protobuf"))
            {
                throw ServerSettings.Wrong(name, text, "grpc or http/protobuf");
            }
        }

        return Known.Select(n => (Name: n, Value: read(n))).Where(v => v.Value is { Length: > 0 }).ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
    }
}
