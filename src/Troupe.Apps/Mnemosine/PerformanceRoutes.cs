using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Server;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Apps.Mnemosine;

/// <summary>The routes that say what is fast and what is not, for operators.</summary>
internal sealed class PerformanceRoutes(ServerServices services)
{
    private readonly SavedReports _saved = new(services.Settings.Data);
    private readonly SystemProbe _probe = new(services.Settings.Data, services.Runtime.Time);

    private HealthWatch? _watch;

    public void Map(IEndpointRouteBuilder routes)
    {
        var log = (routes.ServiceProvider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Troupe.Health");
        var (time, stopping) = (services.Runtime.Time, services.State.Stopping);
        var webhook = services.Settings.AlertWebhook is { } address ? new AlertWebhook(address, time, log, stopping) : null;
        _watch = new HealthWatch(services, Measure, webhook, log);
        routes.Get("/api/v1/performance/metrics", Scope.Admin, MetricsAsync).Answers<MetricsView>();
        routes.Get("/api/v1/performance/health-detailed", Scope.Admin, HealthAsync).Answers<DetailedHealth>();
        routes.Get("/api/v1/performance/report", Scope.Admin, ReportAsync).Answers<ReportView>();
        routes.Post("/api/v1/performance/report", Scope.Admin, SaveAsync).Answers<ReportSaved>(StatusCodes.Status201Created);
    }

    private Task MetricsAsync(HttpContext context) => JsonReply.WriteAsync(context, Measure(), MnemosineJson.Default.MetricsView);

    private Task HealthAsync(HttpContext context)
    {
        var (metrics, checks) = _watch!.Look();
        var status = checks.Any(c => c.Status == "failing") ? "failing" : checks.Any(c => c.Status == "warning") ? "warning" : "ok";
        context.Response.StatusCode = status == "failing" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return JsonReply.WriteAsync(context, new DetailedHealth(status, metrics.At, checks, metrics), MnemosineJson.Default.DetailedHealth);
    }

    private async Task ReportAsync(HttpContext context)
    {
        var isText = context.QueryWord("format", "json", "text") == "text";
        var baseline = context.Request.Query["baseline"].ToString() is { Length: > 0 } name ? await _saved.ReadAsync("baseline", name, context.RequestAborted) : null;
        var report = services.Runtime.Profiler.Report();
        var comparison = baseline is null ? null : report.CompareTo(baseline);
        if (isText)
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(comparison?.ToText() ?? report.ToText(), context.RequestAborted);
            return;
        }

        await JsonReply.WriteAsync(context, new ReportView(report.At, report.Since, report.Sections, comparison), MnemosineJson.Default.ReportView);
    }

    private async Task SaveAsync(HttpContext context)
    {
        var name = context.Request.Query["save"].ToString();
        var report = services.Runtime.Profiler.Report();
        await _saved.SaveAsync("save", name, report, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonReply.WriteAsync(context, new ReportSaved(name, report.At, report.Sections.Count), MnemosineJson.Default.ReportSaved);
    }

    private MetricsView Measure()
    {
        var runtime = services.Runtime;
        var system = _probe.Look();
        var turns = runtime.Sessions.TurnMetrics;
        var journal = runtime.Journal.Statistics;
        var sessions = runtime.Sessions.Statistics;
        return new MetricsView(
            runtime.Time.GetUtcNow(),
            new(
                Math.Round(system.CpuPercent, 1), system.WorkingSetBytes, system.HeapBytes, system.AvailableMemoryBytes,
                system.AvailableMemoryBytes == 0 ? 0 : Math.Round(100.0 * system.WorkingSetBytes / system.AvailableMemoryBytes, 1),
                system.DiskTotalBytes, system.DiskFreeBytes, system.Threads, system.QueuedWork, Math.Round(system.Uptime.TotalSeconds, 1)),
            new(
                turns.Count(TurnState.Completed), turns.Count(TurnState.Cancelled), turns.Count(TurnState.Failed), turns.Count(TurnState.Abandoned), journal.Turns,
                Latency(turns.Microseconds)),
            [
                .. runtime.Models.All.Select(m => new ModelView(
                    m.Info.Name, m.Metrics.Running, m.Metrics.Failures, m.Metrics.InputTokens, m.Metrics.OutputTokens, Latency(m.Metrics.CallMicroseconds), Latency(m.Metrics.FirstTokenMicroseconds))),
            ],
            new(
                journal.Commits, journal.Operations, journal.Bytes, journal.Failures, journal.Waiting, journal.Deferred,
                journal.Commits == 0 ? 0 : Math.Round((double)journal.Operations / journal.Commits, 2), Latency(journal.CommitMicroseconds)),
            new(sessions.Loaded, sessions.Bytes, sessions.Hits, sessions.Misses, Math.Round(sessions.HitRate, 4), sessions.Evictions));
    }

    private static LatencyView Latency(HistogramSummary microseconds) => new(
        microseconds.Count, Ms(microseconds.Average), Ms(microseconds.P50), Ms(microseconds.P95), Ms(microseconds.P99), Ms(microseconds.Max));

    private static double Ms(double microseconds) => Math.Round(microseconds / 1000, 3);
}
