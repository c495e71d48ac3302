using System.Collections.Concurrent;
using Troupe.Sessions;

namespace Troupe.Agents;

/// <summary>The agents by name. Thread-safe.</summary>
public sealed class AgentCatalog
{
    private readonly ConcurrentDictionary<string, Entry> _agents = new(StringComparer.Ordinal);

    /// <summary>All agents, by name.</summary>
    public IEnumerable<AgentDefinition> All => _agents.Values.Select(e => e.Definition).OrderBy(a => a.Name, StringComparer.Ordinal);

    /// <summary>Adds an agent.</summary>
    /// <exception cref="TroupeException">A value is out of range (code agent_invalid) or the name is taken (code agent_exists).</exception>
    public void Add(AgentDefinition agent)
    {
        agent.Validate();
        if (!_agents.TryAdd(agent.Name, new Entry(agent, agent.Policy)))
        {
            throw new TroupeException(ErrorKind.Setup, "agent_exists", $"There is an agent '{agent.Name}' already.");
        }
    }

    /// <summary>Adds an agent, or replaces the one of its name: its sessions go on with it from their next turn.</summary>
    /// <exception cref="TroupeException">A value is out of range (code agent_invalid).</exception>
    public void Put(AgentDefinition agent)
    {
        agent.Validate();
        _agents[agent.Name] = new Entry(agent, agent.Policy);
    }

    /// <summary>Removes an agent, if it is there: its sessions can still be read, and a turn of one fails until there is an agent of that name again.</summary>
    public void Remove(string name) => _agents.TryRemove(name, out _);

    /// <summary>An agent by name.</summary>
    /// <exception cref="TroupeException">There is none (code agent_not_found).</exception>
    public AgentDefinition Get(string name) => Find(name) ?? throw new TroupeException(
        ErrorKind.Invalid, "agent_not_found", $"There is no agent '{name}'. There are: {string.Join(", ", All.Select(a => a.Name))}.")
    {
        Member = "agent",
    };

    /// <summary>An agent by name, or null.</summary>
    public AgentDefinition? Find(string name) => _agents.GetValueOrDefault(name)?.Definition;

    /// <summary>The policy of an agent; the usual one when the agent is gone, so that its sessions can still be read.</summary>
    internal SessionPolicy PolicyOf(string name) => _agents.GetValueOrDefault(name)?.Policy ?? Entry.Usual;

    private sealed record Entry(AgentDefinition Definition, SessionPolicy Policy)
    {
        public static SessionPolicy Usual { get; } = new();
    }
}
