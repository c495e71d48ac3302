using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
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

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/api/v1/performance/metrics", Scope.Admin, MetricsAsync).Answers<MetricsView>();
        routes.Get("/api/v1/performance/health-detailed", Scope.Admin, HealthAsync).Answers<DetailedHealth>();
        routes.Get("/api/v1/performance/report", Scope.Admin, ReportAsync).Answers<ReportView>();
        routes.Post("/api/v1/performance/report", Scope.Admin, SaveAsync).Answers<ReportSaved>(StatusCodes.Status201Created);
    }

    private Task MetricsAsync(HttpContext context) => JsonReply.WriteAsync(context, Measure(), MnemosineJson.Default.MetricsView);

    private Task HealthAsync(HttpContext context)
    {
        var metrics = Measure();
        List<HealthCheck> checks =
        [
            new("store", services.Runtime.Journal.Faulted.IsCompleted ? "failing" : "ok", services.Runtime.Journal.Faulted.IsCompleted ? "The disk failed while writing; restart the server." : "It is written."),
            Judge("cpu_percent", metrics.System.CpuPercent, 80, 95, "%"),
            Judge("memory_percent", metrics.System.MemoryPercent, 80, 95, "%"),
            Judge("disk_used_percent", metrics.System.DiskTotalBytes == 0 ? 0 : 100 - (100.0 * metrics.System.DiskFreeBytes / metrics.System.DiskTotalBytes), 90, 98, "%"),
            Judge("journal_waiting", metrics.Commits.Waiting, 1000, 4000, " operations"),
            Judge("commit_p99", metrics.Commits.Latency.P99Ms, 250, 2000, " ms"),
            .. metrics.Models.Where(m => m.Calls.Count > 0).Select(m => Judge($"failures_{m.Model}", 100.0 * m.Failures / m.Calls.Count, 5, 50, "% of calls")),
        ];
        var status = checks.Exists(c => c.Status == "failing") ? "failing" : checks.Exists(c => c.Status == "warning") ? "warning" : "ok";
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

    private static HealthCheck Judge(string name, double value, double warning, double failing, string unit) => new(
        name, value >= failing ? "failing" : value >= warning ? "warning" : "ok",
        string.Create(CultureInfo.InvariantCulture, $"{value:0.##}{unit} (warning from {warning}, failing from {failing})"));

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
