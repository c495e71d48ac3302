using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Caching;
using Troupe.Server;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Apps.Mnemosine;

/// <summary>The routes that say what is fast and what is not, for operators.</summary>
internal sealed class PerformanceRoutes(ServerServices services)
{
    private const int MaxRunning = 100;

    private readonly SavedReports _saved = new(services.Settings.Data);
    private readonly SystemProbe _probe = new(services.Settings.Data, services.Runtime.Time);

    private readonly BudgetTable _budgets = new(services);

    private HealthWatch? _watch;
    private PerformanceFeed? _feed;

    public void Map(IEndpointRouteBuilder routes)
    {
        var log = (routes.ServiceProvider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Troupe.Health");
        var (time, stopping) = (services.Runtime.Time, services.State.Stopping);
        var webhook = services.Settings.AlertWebhook is { } address ? new AlertWebhook(address, time, log, stopping) : null;
        _watch = new HealthWatch(services, Measure, webhook, log);
        _feed = new PerformanceFeed(Tick, time, log);
        routes.Get("/api/v1/performance/stream", Scope.Admin, StreamAsync).Streams<PerformanceTick>();
        routes.Get("/api/v1/performance/running", Scope.Admin, RunningAsync).Answers<RunningList>();
        routes.Get("/api/v1/performance/metrics", Scope.Admin, MetricsAsync).Answers<MetricsView>();
        routes.Get("/api/v1/performance/health-detailed", Scope.Admin, HealthAsync).Answers<DetailedHealth>();
        routes.Get("/api/v1/performance/agent-pool", Scope.Admin, PoolAsync).Answers<PoolView>();
        routes.Get("/api/v1/performance/cache", Scope.Admin, CachesAsync).Answers<CacheList>();
        routes.Post("/api/v1/performance/cache/clear", Scope.Admin, ClearAsync).Takes<CacheClearRequest>().Answers<CacheCleared>();
        routes.Get("/api/v1/performance/report", Scope.Admin, ReportAsync).Answers<ReportView>();
        routes.Post("/api/v1/performance/report", Scope.Admin, SaveAsync).Answers<ReportSaved>(StatusCodes.Status201Created);
    }

    private Task MetricsAsync(HttpContext context) => JsonReply.WriteAsync(context, Measure(), MnemosineJson.Default.MetricsView);

    private Task HealthAsync(HttpContext context)
    {
        var (metrics, checks) = _watch!.Look();
        var status = StatusOf(checks);
        context.Response.StatusCode = status == "failing" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return JsonReply.WriteAsync(context, new DetailedHealth(status, metrics.At, checks, metrics), MnemosineJson.Default.DetailedHealth);
    }

    private static string StatusOf(IReadOnlyList<HealthCheck> checks) =>
        checks.Any(c => c.Status == "failing") ? "failing" : checks.Any(c => c.Status == "warning") ? "warning" : "ok";

    private async Task StreamAsync(HttpContext context)
    {
        var feed = _feed!;
        feed.Enter();
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, services.State.Stopping, context.Caller.Revoked);
            await FollowAsync(feed, new EventStream(context, services.Runtime.Time), end.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The server ends the stream in good order; a client whose key is still good comes back.
        }
        finally
        {
            feed.Leave();
        }
    }

    /// <summary>Asks for the newest only when the client has taken what came before: to a slow one the rest is never written.</summary>
    private static async Task FollowAsync(PerformanceFeed feed, EventStream stream, CancellationToken cancellationToken)
    {
        stream.Begin();
        await stream.FlushAsync(cancellationToken);
        for (long seen = 0; ;)
        {
            (var tick, seen) = await feed.NextAsync(seen, cancellationToken);
            stream.Write("performance", null, tick, MnemosineJson.Default.PerformanceTick);
            await stream.FlushAsync(cancellationToken);
        }
    }

    private Task RunningAsync(HttpContext context)
    {
        var (running, total) = Running();
        return JsonReply.WriteAsync(context, new RunningList(services.Runtime.Time.GetUtcNow(), running, total), MnemosineJson.Default.RunningList);
    }

    private PerformanceTick Tick()
    {
        var (metrics, checks) = _watch!.Look();
        var (running, total) = Running();
        return new PerformanceTick(metrics.At, metrics, StatusOf(checks), checks, running, total, _budgets.Read());
    }

    private (IReadOnlyList<RunningTurn> Running, int Total) Running()
    {
        var (oldest, total) = services.Runtime.Sessions.TurnsUnderWay(MaxRunning);
        return ([.. oldest.Select(t => new RunningTurn(t.SessionId, t.Owner, t.Agent, t.Number.ToString(CultureInfo.InvariantCulture), WordOf(t.State), t.Since, (long)t.Duration.TotalMilliseconds, t.Behind))], total);

        static string WordOf(TurnState state) => state switch
        {
            TurnState.Queued => "queued",
            TurnState.Waiting => "waiting",
            _ => "running",
        };
    }

    private Task PoolAsync(HttpContext context) => JsonReply.WriteAsync(context, Pool(), MnemosineJson.Default.PoolView);

    private Task CachesAsync(HttpContext context) =>
        JsonReply.WriteAsync(context, new CacheList(services.Runtime.Time.GetUtcNow(), Caches()), MnemosineJson.Default.CacheList);

    private async Task ClearAsync(HttpContext context)
    {
        // Everything is cleared by a request without a body, as by one with an empty object.
        var request = context.Request.ContentLength is null or 0 && context.Request.ContentType is null
            ? new CacheClearRequest()
            : await JsonBody.ReadAsync(context, MnemosineJson.Default.CacheClearRequest, context.RequestAborted);
        var caches = services.Runtime.Caches;
        if (request is { Name: not null, User: not null })
        {
            throw new TroupeException(ErrorKind.Invalid, "member_invalid", "Give 'name' or 'user', not both: what is a user's is cleared in every cache.") { Member = "user" };
        }

        if (request.User is { } user)
        {
            caches.Tags.Invalidate(CacheCatalog.TagOfOwner(user));
            await JsonReply.WriteAsync(context, new CacheCleared([.. caches.All.Select(c => c.Name)], user), MnemosineJson.Default.CacheCleared);
            return;
        }

        var cleared = request.Name is { } name
            ? [caches.Find(name) ?? throw new TroupeException(ErrorKind.NotFound, "cache_not_found", $"There is no cache '{(name.Length > 64 ? TextRules.Mend(name[..64]) : name)}'. There are: {string.Join(", ", caches.All.Select(c => c.Name))}.") { Member = "name" }]
            : caches.All.ToList();
        cleared.ForEach(c => c.Clear());
        await JsonReply.WriteAsync(context, new CacheCleared([.. cleared.Select(c => c.Name)]), MnemosineJson.Default.CacheCleared);
    }

    private List<CacheView> Caches() =>
    [
        .. services.Runtime.Caches.All.Select(c => c.Statistics).Select(s => new CacheView(
            s.Name, s.Requests, s.Fresh, s.Stale, s.Misses, s.Coalesced, Math.Round(s.HitRate, 4), s.Loads, s.Failures, s.BackedOff, s.NotKept, s.Evicted, s.Expired, s.Removed,
            s.Prefetched, Math.Round(s.PrefetchUsedRatio, 4), s.PrefetchDropped, s.SecondLevelHits, s.SecondLevelSkipped, s.Entries, s.MaxEntries, s.Bytes, s.MaxBytes)),
    ];

    private PoolView Pool()
    {
        var s = services.Runtime.Pool.Statistics;
        return new(services.Runtime.Time.GetUtcNow(), s.Size, s.Warm, s.InUse, s.Hits, s.Misses, Math.Round(s.HitRate, 4), s.Evicted, s.Expired, s.Replaced, s.Remade, s.Advice);
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
                    m.Info.Name, m.Metrics.Running, m.Metrics.Failures, m.Metrics.InputTokens, m.Metrics.OutputTokens, Latency(m.Metrics.CallMicroseconds), Latency(m.Metrics.FirstTokenMicroseconds),
                    m.Metrics.ProviderCalls, m.Metrics.Cached, m.Metrics.Coalesced, m.Metrics.SavedTokens)),
            ],
            new(
                journal.Commits, journal.Operations, journal.Bytes, journal.Failures, journal.Waiting, journal.Deferred,
                journal.Commits == 0 ? 0 : Math.Round((double)journal.Operations / journal.Commits, 2), Latency(journal.CommitMicroseconds)),
            new(sessions.Loaded, sessions.Bytes, sessions.Hits, sessions.Misses, Math.Round(sessions.HitRate, 4), sessions.Evictions),
            Caches(), Pool());
    }

    private static LatencyView Latency(HistogramSummary microseconds) => new(
        microseconds.Count, Ms(microseconds.Average), Ms(microseconds.P50), Ms(microseconds.P95), Ms(microseconds.P99), Ms(microseconds.Max));

    private static double Ms(double microseconds) => Math.Round(microseconds / 1000, 3);
}
