using Microsoft.Extensions.Logging;
using Troupe.Server;

namespace Troupe.Apps.Mnemosine;

/// <summary>Judges what is measured, every ten seconds and whenever somebody asks, and tells when a level changes: to the log, and to whom the
/// operator wants told. Thread-safe.</summary>
internal sealed partial class HealthWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly HealthThreshold Cpu = new("%", 80, 70, 95, 85);
    private static readonly HealthThreshold Memory = new("%", 80, 75, 95, 90);
    private static readonly HealthThreshold Disk = new("%", 90, 88, 98, 97);
    private static readonly HealthThreshold Waiting = new(" operations", 1000, 500, 4000, 2000);
    private static readonly HealthThreshold Commit = new(" ms", 250, 150, 2000, 1000);
    private static readonly HealthThreshold ModelFailures = new("% of calls in 5 minutes", 5, 2, 50, 25);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, HealthLevel> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FailureWindow> _windows = new(StringComparer.Ordinal);
    private readonly ServerServices _services;
    private readonly Func<MetricsView> _measure;
    private readonly AlertWebhook? _webhook;
    private readonly ILogger _log;

    /// <summary>Begins to watch, until the server stops.</summary>
    public HealthWatch(ServerServices services, Func<MetricsView> measure, AlertWebhook? webhook, ILogger log)
    {
        _services = services;
        _measure = measure;
        _webhook = webhook;
        _log = log;
        foreach (var model in services.Runtime.Models.All)
        {
            // Before the first look: what fails until then counts.
            _windows[model.Info.Name] = new FailureWindow(services.Runtime.Time);
        }

        var timer = services.Runtime.Time.CreateTimer(static state => ((HealthWatch)state!).LookSafely(), this, Period, Period);
        services.State.Stopping.Register(timer.Dispose);
    }

    /// <summary>The checks as they are now.</summary>
    public (MetricsView Metrics, IReadOnlyList<HealthCheck> Checks) Look()
    {
        lock (_gate)
        {
            var metrics = _measure();
            var isFaulted = _services.Runtime.Journal.Faulted.IsCompleted;
            var store = isFaulted ? "The disk failed while writing; restart the server." : "It is written.";
            List<HealthCheck> checks =
            [
                Tell(metrics.At, "store", isFaulted ? 1 : 0, isFaulted ? HealthLevel.Failing : HealthLevel.Ok, store),
                Judge(metrics, "cpu_percent", metrics.System.CpuPercent, Cpu),
                Judge(metrics, "memory_percent", metrics.System.MemoryPercent, Memory),
                Judge(metrics, "disk_used_percent", metrics.System.DiskTotalBytes == 0 ? 0 : 100 - (100.0 * metrics.System.DiskFreeBytes / metrics.System.DiskTotalBytes), Disk),
                Judge(metrics, "journal_waiting", metrics.Commits.Waiting, Waiting),
                Judge(metrics, "commit_p99", metrics.Commits.Latency.P99Ms, Commit),
                .. metrics.Models.Where(m => m.Calls.Count > 0).Select(m => Judge(metrics, $"failures_{m.Model}", WindowOf(m.Model).Look(m.Calls.Count, m.Failures), ModelFailures)),
            ];
            return (metrics, checks);
        }
    }

    private FailureWindow WindowOf(string model) =>
        _windows.TryGetValue(model, out var window) ? window : _windows[model] = new FailureWindow(_services.Runtime.Time);

    private HealthCheck Judge(MetricsView metrics, string name, double value, HealthThreshold threshold) =>
        Tell(metrics.At, name, value, threshold.After(_held.GetValueOrDefault(name), value), threshold.Describe(value));

    private HealthCheck Tell(DateTimeOffset at, string name, double value, HealthLevel level, string detail)
    {
        var held = _held.GetValueOrDefault(name);
        if (level != held)
        {
            _held[name] = level;
            if (level > held)
            {
                LogWorse(name, WordOf(level), detail);
            }
            else
            {
                LogBetter(name, WordOf(level), detail);
            }

            _webhook?.Tell(new HealthAlert(at, name, WordOf(held), WordOf(level), Math.Round(value, 3), detail));
        }

        return new HealthCheck(name, WordOf(level), detail);
    }

    private void LookSafely()
    {
        try
        {
            Look();
        }
        catch (Exception failure)
        {
            // Thrown on a timer it would end the process, for a look that the next one repeats.
            LogLookFailed(failure);
        }
    }

    private static string WordOf(HealthLevel level) => level switch
    {
        HealthLevel.Failing => "failing",
        HealthLevel.Warning => "warning",
        _ => "ok",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Check} is {Level}: {Detail}")]
    private partial void LogWorse(string check, string level, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Check} is {Level} again: {Detail}")]
    private partial void LogBetter(string check, string level, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The server's health could not be judged")]
    private partial void LogLookFailed(Exception failure);
}
