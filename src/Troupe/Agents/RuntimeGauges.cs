using System.Diagnostics.Metrics;
using Troupe.Caching;
using Troupe.Telemetry;

namespace Troupe.Agents;

/// <summary>The state of a runtime as metrics that are read when a collector asks. Each part of the runtime has a method here, in which what it
/// counts by itself gets a name. Dispose it to be asked no more.</summary>
internal sealed class RuntimeGauges : IDisposable
{
    private readonly Meter _meter = Signals.CreateMeter();

    public RuntimeGauges(AgentRuntime runtime)
    {
        Journal(runtime);
        Sessions(runtime);
        Caches(runtime);
        Pool(runtime);
    }

    public void Dispose() => _meter.Dispose();

    private void Journal(AgentRuntime runtime)
    {
        var journal = runtime.Journal;
        _meter.CreateObservableCounter("troupe.commit.count", () => journal.Statistics.Commits, "{commit}", "Commits of the journal.");
        _meter.CreateObservableCounter("troupe.commit.operations", () => journal.Statistics.Operations, "{operation}", "Operations in them.");
        _meter.CreateObservableCounter("troupe.commit.size", () => journal.Statistics.Bytes, "By", "Bytes in them.");
        _meter.CreateObservableCounter("troupe.commit.failures", () => journal.Statistics.Failures, "{operation}", "Operations that failed.");
        _meter.CreateObservableUpDownCounter("troupe.queue.waiting", () => journal.Statistics.Waiting, "{operation}", "Operations that wait for the disk.");
        _meter.CreateObservableUpDownCounter("troupe.queue.batched", () => journal.Statistics.Deferred, "{operation}", "Operations that wait for the next save.");
        _meter.CreateObservableUpDownCounter("troupe.turn.active", () => journal.Statistics.Turns, "{turn}", "Turns that are under way or wait for it.");
    }

    private void Sessions(AgentRuntime runtime)
    {
        var sessions = runtime.Sessions;
        _meter.CreateObservableUpDownCounter("troupe.session.loaded", () => sessions.Statistics.Loaded, "{session}", "Sessions in memory.");
        _meter.CreateObservableUpDownCounter("troupe.session.size", () => sessions.Statistics.Bytes, "By", "Bytes of sessions in memory.");
        _meter.CreateObservableCounter("troupe.session.hits", () => sessions.Statistics.Hits, "{request}", "Requests that found their session in memory.");
        _meter.CreateObservableCounter("troupe.session.misses", () => sessions.Statistics.Misses, "{request}", "Requests that did not.");
        _meter.CreateObservableCounter("troupe.session.evictions", () => sessions.Statistics.Evictions, "{session}", "Sessions that left memory.");
    }

    private void Caches(AgentRuntime runtime)
    {
        _meter.CreateObservableCounter("troupe.cache.requests", () => Each("fresh", s => s.Fresh).Concat(Each("stale", s => s.Stale)).Concat(Each("miss", s => s.Misses)).Concat(Each("coalesced", s => s.Coalesced)), "{request}", "Requests of caches, by how they came out.");
        _meter.CreateObservableCounter("troupe.cache.evictions", () => Each(null, s => s.Evicted), "{entry}", "Entries that were given up to make room.");
        _meter.CreateObservableUpDownCounter("troupe.cache.entries", () => Each(null, s => s.Entries), "{entry}", "Entries in caches.");
        _meter.CreateObservableUpDownCounter("troupe.cache.size", () => Each(null, s => s.Bytes), "By", "Bytes of caches.");

        IEnumerable<Measurement<long>> Each(string? result, Func<CacheStatistics, long> read) => runtime.Caches.All.Select(c => c.Statistics).Select(s => result is null
            ? new Measurement<long>(read(s), new KeyValuePair<string, object?>("troupe.cache.name", s.Name))
            : new Measurement<long>(read(s), new("troupe.cache.name", s.Name), new("troupe.cache.result", result)));
    }

    private void Pool(AgentRuntime runtime)
    {
        var pool = runtime.Pool;
        _meter.CreateObservableUpDownCounter("troupe.agent_pool.warm", () => pool.Statistics.Warm, "{agent}", "Agents that are warm.");
        _meter.CreateObservableCounter("troupe.agent_pool.hits", () => pool.Statistics.Hits, "{use}", "Uses that found their agent warm.");
        _meter.CreateObservableCounter("troupe.agent_pool.misses", () => pool.Statistics.Misses, "{use}", "Uses that did not.");
    }
}
