using Microsoft.AspNetCore.Routing;
using Troupe.Agents;
using Troupe.Server;

namespace Troupe.Apps.Mnemosine;

/// <summary>The agent API.</summary>
public static class MnemosineApp
{
    /// <summary>Adds its agent.</summary>
    public static void AddAgents(AgentRuntime runtime) => runtime.Agents.Add(Assistant.Definition);

    /// <summary>Maps its routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, ServerServices services)
    {
        new PromptRoute(services).Map(routes);
        new PerformanceRoutes(services).Map(routes);
    }
}
