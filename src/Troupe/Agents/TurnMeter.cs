using Troupe.Sessions;
using Troupe.Telemetry;

namespace Troupe.Agents;

/// <summary>Measures turns from the outside of who answers them. Thread-safe.</summary>
internal sealed class TurnMeter(TurnRunner inner, Profiler profiler)
{
    public async Task<TurnOutcome> RunAsync(Session session, Turn turn, CancellationToken cancellationToken)
    {
        using var measured = profiler.Measure(session.Record.Agent, ProfileCategory.Turns);
        return await inner(session, turn, cancellationToken);
    }
}
