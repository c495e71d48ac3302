using Microsoft.Extensions.AI;

namespace Troupe.Tools;

/// <summary>The tools that an agent has at one moment. Immutable.</summary>
internal sealed class ToolSet
{
    private readonly Dictionary<string, ToolDefinition> _tools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _missing;

    public ToolSet(IEnumerable<ToolDefinition> tools, Dictionary<string, string>? missing = null)
    {
        foreach (var tool in tools)
        {
            _tools.TryAdd(tool.Name, tool);
        }

        Functions = [.. _tools.Values.Select(t => t.Function)];
        _missing = missing ?? [];
    }

    /// <summary>The tools of an agent without tools.</summary>
    public static ToolSet Empty { get; } = new([]);

    /// <summary>What the model is told of.</summary>
    public IReadOnlyList<AIFunction> Functions { get; }

    /// <summary>A tool by name; null when the agent has none of that name now.</summary>
    public ToolDefinition? Find(string name) => _tools.GetValueOrDefault(name);

    /// <summary>Why there is no tool of a name, for the model.</summary>
    public string WhyMissing(string name) =>
        ToolCatalog.PrefixOf(name) is { } prefix && _missing.TryGetValue(prefix, out var why) ? why
        : _tools.Count == 0 ? $"There is no tool '{name}', and no other."
        : $"There is no tool '{name}'. There are: {string.Join(", ", _tools.Keys)}.";
}
