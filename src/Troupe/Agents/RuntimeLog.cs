using Microsoft.Extensions.Logging;

namespace Troupe.Agents;

/// <summary>A few lines a minute that say how the runtime is doing: hit rates, response times of models, batches of saves. Nothing when nothing has happened.</summary>
internal sealed partial class RuntimeLog : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly AgentRuntime _runtime;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private bool _isTelling;

    public RuntimeLog(AgentRuntime runtime, TimeProvider time, ILogger log)
    {
        (_runtime, _log) = (runtime, log);
        _timer = time.CreateTimer(static state => ((RuntimeLog)state!).Tell(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    internal void Tell()
    {
        if (!_log.IsEnabled(LogLevel.Information) || Interlocked.Exchange(ref _isTelling, true))
        {
            return;
        }

        try
        {
            var sessions = _runtime.Sessions.Statistics;
            if (HasNew("sessions", sessions.Hits + sessions.Misses + sessions.Loaded))
            {
                LogSessions(sessions.Loaded, sessions.Bytes >> 20, sessions.HitRate, sessions.Evictions);
            }

            foreach (var cache in _runtime.Caches.All.Select(c => c.Statistics).Where(s => HasNew("cache " + s.Name, s.Requests)))
            {
                LogCache(cache.Name, cache.HitRate, cache.Coalesced, cache.Entries, cache.Bytes >> 10);
            }

            foreach (var model in _runtime.Models.All.Where(m => HasNew("model " + m.Info.Name, m.Metrics.CallMicroseconds.Count)))
            {
                var calls = model.Metrics.CallMicroseconds;
                LogModel(model.Info.Name, calls.Count, model.Metrics.ProviderCalls, model.Metrics.Failures, calls.P50 / 1000, calls.P95 / 1000, calls.P99 / 1000);
            }

            var journal = _runtime.Journal.Statistics;
            if (HasNew("saves", journal.Commits))
            {
                LogSaves(journal.Commits, journal.Operations, journal.Commits == 0 ? 0 : (double)journal.Operations / journal.Commits, journal.CommitMicroseconds.P99 / 1000);
            }
        }
        finally
        {
            Volatile.Write(ref _isTelling, false);
        }
    }

    private bool HasNew(string what, long count)
    {
        var isNew = _told.GetValueOrDefault(what) != count;
        _told[what] = count;
        return isNew;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Sessions: {Loaded} loaded, {Megabytes} MiB, hit rate {HitRate:P1}, {Evictions} let go")]
    private partial void LogSessions(int loaded, long megabytes, double hitRate, long evictions);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cache {Cache}: hit rate {HitRate:P1}, {Coalesced} coalesced, {Entries} entries, {Kilobytes} KiB")]
    private partial void LogCache(string cache, double hitRate, long coalesced, int entries, long kilobytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model}: {Calls} calls, {ProviderCalls} reached the provider, {Failures} failed, p50 {P50:0.0} ms, p95 {P95:0.0} ms, p99 {P99:0.0} ms")]
    private partial void LogModel(string model, long calls, long providerCalls, long failures, double p50, double p95, double p99);

    [LoggerMessage(Level = LogLevel.Information, Message = "Saves: {Commits} commits of {Operations} operations, {PerCommit:0.0} each, p99 {P99:0.0} ms")]
    private partial void LogSaves(long commits, long operations, double perCommit, double p99);
}
