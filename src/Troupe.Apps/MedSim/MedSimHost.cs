using System.Runtime.CompilerServices;
using Troupe.Agents;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Classes;
using Troupe.Sessions;

namespace Troupe.Apps.MedSim;

/// <summary>What MedSim keeps beside a runtime. Thread-safe.</summary>
internal sealed class MedSimHost
{
    private static readonly ConditionalWeakTable<AgentRuntime, MedSimHost> Hosts = [];

    private MedSimHost(AgentRuntime runtime)
    {
        Hours = new ServerHours(runtime.Store, runtime.Journal, runtime.Time);
        Shelf = new CaseShelf(runtime.Store, runtime.Journal, runtime.Time);
        Classes = new ClassRegister(runtime.Store, runtime.Journal, runtime.Time);
        Desk = new AttemptDesk(runtime, Shelf, Hours, Classes);
    }

    public ServerHours Hours { get; }

    public CaseShelf Shelf { get; }

    public ClassRegister Classes { get; }

    public AttemptDesk Desk { get; }

    public static MedSimHost Of(AgentRuntime runtime) => Hosts.GetValue(runtime, static r => new MedSimHost(r));

    /// <summary>Refuses what is said outside an attempt, after its end, or beside its one line.</summary>
    public void Admit(Session session, TurnInput input)
    {
        var state = AttemptState.Of(Enumerable.Range(1, session.Accepted).Select(seq => session[seq]));
        if (state.Begin is null)
        {
            throw new TroupeException(ErrorKind.Conflict, "no_attempt", "This session is no attempt. Begin one: POST /api/v1/medsim/attempts.");
        }

        if (input.Parent is not null || input.Regenerate is not null)
        {
            throw new TroupeException(ErrorKind.Conflict, "attempt_linear", "An interview goes forward only: nothing is asked again in another way. Send 'message' alone.");
        }

        Desk.Refuse(state, isClosing: false);
    }
}
