using System.Diagnostics.Metrics;
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
}
