using System.Diagnostics;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Agents;

/// <summary>Measures turns from the outside of who answers them. Thread-safe.</summary>
internal sealed class TurnMeter(TurnRunner inner, AgentCatalog agents, ModelCatalog models, Profiler profiler)
{
    public async Task<TurnOutcome> RunAsync(Session session, Turn turn, CancellationToken cancellationToken)
    {
        using var measured = profiler.Measure(session.Record.Agent, ProfileCategory.Turns);
        using var span = Begin(session, turn);
        var outcome = await inner(session, turn, cancellationToken);
        Signals.EndTurn(span, TurnMetrics.NameOf(outcome.State), outcome.State == TurnState.Failed ? outcome.Error?.Code ?? "failed" : null);
        return outcome;
    }

    private Activity? Begin(Session session, Turn turn)
    {
        var agent = session.Record.Agent;
        var model = models.Find(turn.Record.Model ?? agents.Find(agent)?.Model);
        return Signals.BeginTurn(agent, session.Record.Id, model?.Info.Name, model?.Info.Provider);
    }
}
