using System.Collections.Concurrent;

namespace Troupe.Tools;

/// <summary>The tools by name, and the sources of tools that come and go. Thread-safe.</summary>
public sealed class ToolCatalog : IAsyncDisposable
{
    private const string Separator = "__";

    private readonly ConcurrentDictionary<string, ToolDefinition> _tools = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IToolSource> _sources = new(StringComparer.Ordinal);

    /// <summary>All tools that do not come from a source, by name.</summary>
    public IEnumerable<ToolDefinition> All => _tools.Values.OrderBy(t => t.Name, StringComparer.Ordinal);

    /// <summary>All sources, by what the names of their tools begin with.</summary>
    public IEnumerable<IToolSource> Sources => _sources.Values.OrderBy(s => s.Prefix, StringComparer.Ordinal);

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

    /// <summary>Adds a source of tools. The catalog disposes it.</summary>
    /// <exception cref="TroupeException">Its prefix is not a name and two underscores (code tool_invalid) or is taken (code tool_exists).</exception>
    public void Add(IToolSource source)
    {
        if (PrefixOf(source.Prefix) != source.Prefix)
        {
            throw new TroupeException(ErrorKind.Setup, "tool_invalid", $"A source of tools has the prefix '{source.Prefix}'; it must be a name and two underscores.");
        }

        if (!_sources.TryAdd(source.Prefix, source))
        {
            throw new TroupeException(ErrorKind.Setup, "tool_exists", $"There is a source of tools '{source.Prefix}' already.");
        }
    }

    /// <summary>A tool by name; null when there is none, or when it comes from a source.</summary>
    public ToolDefinition? Find(string name) => _tools.GetValueOrDefault(name);

    /// <summary>Whether an agent may name this: a tool, or one that a source may have.</summary>
    public bool Knows(string name) => _tools.ContainsKey(name) || SourceOf(name) is not null;

    /// <summary>Disposes the sources.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_sources.Values.Select(s => s.DisposeAsync().AsTask()));

    /// <summary>The part of a name that says from which source the tool comes, with its underscores; null when it says none.</summary>
    internal static string? PrefixOf(string name) => name.Length > 1 && name.IndexOf(Separator, 1, StringComparison.Ordinal) is > 0 and var at ? name[..(at + Separator.Length)] : null;

    /// <summary>The tools behind an agent's names, when none of them is a source's, which may come and go; null otherwise.</summary>
    internal ToolSet? ResolveFixed(IReadOnlyList<string> names) =>
        names.Count == 0 ? ToolSet.Empty
        : names.All(_tools.ContainsKey) ? new ToolSet(names.Select(Find).OfType<ToolDefinition>())
        : null;

    /// <summary>The tools behind an agent's names, as they are now; a source that fails takes nothing else with it.</summary>
    internal ValueTask<ToolSet> ResolveAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        names.Count == 0 ? new ValueTask<ToolSet>(ToolSet.Empty)
        : _sources.IsEmpty ? new ValueTask<ToolSet>(new ToolSet(names.Select(Find).OfType<ToolDefinition>()))
        : AskAsync(names, cancellationToken);

    private async ValueTask<ToolSet> AskAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        // All at once, because each may have a server to start.
        var asked = names.Select(SourceOf).OfType<IToolSource>().Distinct().ToDictionary(s => s.Prefix, s => AskAsync(s, cancellationToken), StringComparer.Ordinal);
        await Task.WhenAll(asked.Values);
        var tools = new List<ToolDefinition>();
        var missing = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (Find(name) is { } tool)
            {
                tools.Add(tool);
            }
            else if (PrefixOf(name) is { } prefix && asked.TryGetValue(prefix, out var answer))
            {
                var (found, why) = await answer;
                tools.AddRange(name.Length == prefix.Length + 1 && name[^1] == '*' ? found : found.Where(t => t.Name == name));
                if (why is not null)
                {
                    missing[prefix] = why;
                }
            }
        }

        return new ToolSet(tools, missing);
    }

    private static async Task<(IReadOnlyList<ToolDefinition> Tools, string? Why)> AskAsync(IToolSource source, CancellationToken cancellationToken)
    {
        try
        {
            return (await source.ToolsAsync(cancellationToken), null);
        }
        catch (TroupeException failure)
        {
            return ([], failure.Message);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return ([], $"The tools of '{source.Prefix}' are not available ({failure.GetType().Name}).");
        }
    }

    private IToolSource? SourceOf(string name) => PrefixOf(name) is { } prefix ? _sources.GetValueOrDefault(prefix) : null;
}
