using System.Collections.Concurrent;

namespace Troupe.Tools;

/// <summary>The tools by name. Thread-safe.</summary>
public sealed class ToolCatalog
{
    private readonly ConcurrentDictionary<string, ToolDefinition> _tools = new(StringComparer.Ordinal);

    /// <summary>All tools, by name.</summary>
    public IEnumerable<ToolDefinition> All => _tools.Values.OrderBy(t => t.Name, StringComparer.Ordinal);

    /// <summary>Adds a tool.</summary>
    /// <exception cref="TroupeException">A value is out of range (code tool_invalid) or the name is taken (code tool_exists).</exception>
    public void Add(ToolDefinition tool)
    {
        tool.Validate();
        if (!_tools.TryAdd(tool.Name, tool))
        {
            throw new TroupeException(ErrorKind.Setup, "tool_exists", $"There is a tool '{tool.Name}' already.");
        }
    }

    /// <summary>A tool by name; null when there is none.</summary>
    public ToolDefinition? Find(string name) => _tools.GetValueOrDefault(name);
}
