using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Troupe.Server.Tests.Telemetry;

/// <summary>A collector of OTLP on a free port, over HTTP with protobuf or over gRPC, that keeps what it is sent.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ConcurrentQueue<Metric> _metrics = new();
    private readonly ConcurrentQueue<string> _raw = new();
    private readonly ConcurrentDictionary<string, string> _resource = new();

    private Collector(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public IReadOnlyCollection<Span> Spans => _spans;

    public IReadOnlyCollection<Metric> Metrics => _metrics;

    /// <summary>What the sender says of itself.</summary>
    public IReadOnlyDictionary<string, string> Resource => _resource;

    /// <summary>All that was sent, to look for what must not be in it.</summary>
    public string Raw => string.Join('\n', _raw);

    public static async Task<Collector> StartAsync(bool grpc)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.ConfigureEndpointDefaults(e => e.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new Collector(app);
        app.Run(context => collector.TakeAsync(context, grpc));
        await app.StartAsync();
        return collector;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, bool grpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);

        // gRPC puts five bytes before a message: whether it is compressed, and its length.
        var bytes = grpc ? body.ToArray().AsSpan(5) : body.ToArray();
        _raw.Enqueue(System.Text.Encoding.Latin1.GetString(bytes));
        var request = new ProtobufMessage(bytes);
        switch (context.Request.Path.Value)
        {
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                TakeSpans(request);
                break;
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                TakeMetrics(request);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
        }

        context.Response.ContentType = grpc ? "application/grpc" : "application/x-protobuf";
        if (grpc)
        {
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }

    private void TakeSpans(ProtobufMessage request)
    {
        foreach (var resource in request.All(1))
        {
            TakeResource(resource);
            foreach (var span in resource.All(2).SelectMany(scope => scope.All(2)))
            {
                _spans.Enqueue(new Span(span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), span.Attributes(9), span.One(15)?.Number(3) == 2, span.One(15)?.Text(2) ?? ""));
            }
        }
    }

    private void TakeMetrics(ProtobufMessage request)
    {
        foreach (var resource in request.All(1))
        {
            TakeResource(resource);
            foreach (var metric in resource.All(2).SelectMany(scope => scope.All(2)))
            {
                // A gauge, a sum or a histogram; the points' attributes are the 7th field, in a histogram the 9th.
                var isHistogram = metric.Has(9);
                var points = (metric.One(5) ?? metric.One(7) ?? metric.One(9))!.All(1).ToList();
                _metrics.Enqueue(new Metric(
                    metric.Text(1), metric.Text(3), [.. points.Select(p => p.Attributes(isHistogram ? 9 : 7))],
                    points.Sum(p => isHistogram ? (long)p.Number(4) : (long)p.Number(6))));
            }
        }
    }

    private void TakeResource(ProtobufMessage resource)
    {
        foreach (var (key, value) in resource.One(1)!.Attributes(1))
        {
            _resource[key] = value;
        }
    }

    internal sealed record Span(
        string TraceId, string Id, string ParentId, string Name, IReadOnlyDictionary<string, string> Attributes, bool IsFailed, string StatusText);

    /// <param name="Name">Its name.</param>
    /// <param name="Unit">Its unit.</param>
    /// <param name="Points">The attributes of its points.</param>
    /// <param name="Value">How often a histogram was recorded, or a counter's value.</param>
    internal sealed record Metric(string Name, string Unit, IReadOnlyList<IReadOnlyDictionary<string, string>> Points, long Value);
}
