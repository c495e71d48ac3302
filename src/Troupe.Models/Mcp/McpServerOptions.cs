using Troupe.Tools;

namespace Troupe.Models.Mcp;

/// <summary>An MCP server as the operator configured it: a command to start, or an address. Immutable.</summary>
public sealed record McpServerOptions
{
    /// <summary>1 to 32 characters of a–z, A–Z, 0–9, - and _, without two underscores in a row and without one at the end. Its tools are
    /// called <c>name__tool</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The program to start; null for a server at <see cref="Url"/>.</summary>
    public string? Command { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What its environment has beside the little that every program needs (PATH, HOME and the like): nothing else of this
    /// process's environment, which holds keys.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where it runs; null for where this process does.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Where it listens; null for one that is started.</summary>
    public Uri? Url { get; init; }

    /// <summary>Headers of each request to <see cref="Url"/>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What running a tool twice would do, by the server's name of the tool. One that is not named is unsafe, whatever the server says of it.</summary>
    public IReadOnlyDictionary<string, ToolKind> Kinds { get; init; } = new Dictionary<string, ToolKind>(StringComparer.Ordinal);

    /// <summary>The tools before each run of which a person is asked.</summary>
    public IReadOnlySet<string> NeedsApproval { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>How long a call may take. Default 60 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Characters of a result that the model gets. Default 32,768.</summary>
    public int MaxResultLength { get; init; } = 32 << 10;

    /// <summary>How long it may take until it has started and told its tools. Default 30 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it may take to answer a ping, which it is sent when a call was late: one that does not is ended, and started again when it is
    /// needed. Default 10 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the names of its tools begin with.</summary>
    public string Prefix => Name + "__";

    /// <summary>A text without what only the server may know.</summary>
    internal string Conceal(string text)
    {
        foreach (var secret in Environment.Values.Concat(Headers.Values).Where(v => v.Length >= 4).OrderByDescending(v => v.Length))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }
}
