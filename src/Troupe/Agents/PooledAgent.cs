using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Tools;

namespace Troupe.Agents;

/// <summary>An agent that is ready: its definition, the model's composed pipeline, its tools with their schemas. It holds nothing of anybody, so that all turns share it.
/// What is let go while turns use it stays until the last of them has ended. Guarded by its pool.</summary>
internal sealed class PooledAgent(AgentDefinition definition, Model? model, ToolSet? tools)
{
    public AgentDefinition Definition { get; } = definition;

    /// <summary>Its model; null when there is none of that name.</summary>
    public Model? Model { get; } = model;

    /// <summary>Its tools, when none of them can come and go; null where a source must be asked each time.</summary>
    public ToolSet? Tools { get; } = tools;

    /// <summary>The tools as a model is told of them; null for none.</summary>
    public IList<AITool>? Functions { get; } = tools is { Functions.Count: > 0 } ? [.. tools.Functions] : null;

    public int Uses { get; set; }

    public long UsedAt { get; set; }

    /// <summary>Whether it is no longer the pool's.</summary>
    public bool IsRetired { get; set; }
}
