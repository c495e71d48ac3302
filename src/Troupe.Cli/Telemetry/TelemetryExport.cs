using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Troupe.Telemetry;

namespace Troupe.Cli.Telemetry;

/// <summary>Sends the runtime's spans and metrics to a collector, over OTLP as gRPC or as HTTP with protobuf. Spans wait in a bounded queue and are
/// dropped when it is full; nothing waits for the collector. Disposing it sends what is left, within a time.</summary>
internal sealed class TelemetryExport : IDisposable
{
    private static readonly TimeSpan LeastEnd = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostEnd = TimeSpan.FromSeconds(5);

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;
    private readonly TimeSpan _end;

    private TelemetryExport(IConfiguration configuration, TimeSpan end)
    {
        _end = end;
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(Describe)
            .AddSource(Signals.Name)
            .AddOtlpExporter()
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(Describe)
            .AddMeter(Signals.Name)
            .AddOtlpExporter()
            .Build();
    }

    /// <summary>Begins to send.</summary>
    /// <param name="settings">As <see cref="TelemetrySettings.Read"/> gives them; null for nothing.</param>
    /// <param name="drain">The time of a shutdown, of which the last sending takes at most 5 s.</param>
    public static TelemetryExport? Open(IReadOnlyDictionary<string, string?>? settings, TimeSpan drain) => settings is null
        ? null
        : new TelemetryExport(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), TimeSpan.FromTicks(Math.Clamp(drain.Ticks, LeastEnd.Ticks, MostEnd.Ticks)));

    public void Dispose()
    {
        // Side by side, so that a collector that hangs costs the time once.
        Parallel.Invoke(
            () => _traces.Shutdown((int)_end.TotalMilliseconds),
            () => _metrics.Shutdown((int)_end.TotalMilliseconds));
        _traces.Dispose();
        _metrics.Dispose();
    }

    // What the operator's variables say comes last, and wins.
    private static void Describe(ResourceBuilder resource) => resource
        .AddService("troupe", serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3))
        .AddEnvironmentVariableDetector();
}
