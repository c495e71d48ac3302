using Troupe.Agents;

namespace Troupe.Apps.TauroBot;

/// <summary>The bot that talks.</summary>
public static class TauroBotApp
{
    /// <summary>Adds its agent.</summary>
    public static void AddAgents(AgentRuntime runtime) => runtime.Agents.Add(Bot.Definition);
}
