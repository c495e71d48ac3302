using Microsoft.AspNetCore.Routing;
using Troupe.Agents;
using Troupe.Server;

namespace Troupe.Apps.MedSim;

/// <summary>Patients to practise on: cases, attempts, scores, classes.</summary>
public static class MedSimApp
{
    /// <summary>The name of its agent.</summary>
    public const string AgentName = PatientAgent.Name;

    /// <summary>Adds its agent.</summary>
    public static void AddAgents(AgentRuntime runtime) => runtime.Agents.Add(PatientAgent.Define(runtime));

    /// <summary>Maps its routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, ServerServices services)
    {
        var host = MedSimHost.Of(services.Runtime);
        new CaseRoutes(services, host).Map(routes);
        new AttemptRoutes(services, host).Map(routes);
        new ClassRoutes(services, host).Map(routes);
    }
}
