using Microsoft.Extensions.Logging;
using Troupe.Models.Mcp;
using Troupe.Tools;

namespace Troupe.Cli;

/// <summary>The MCP servers that the operator's file names.</summary>
internal static class ToolSetup
{
    /// <summary>Reads the file: <c>TROUPE_MCP</c>, or <c>mcp.json</c> where there is one.</summary>
    public static IReadOnlyList<McpServerOptions> Read(Func<string, string?> read) =>
        read("TROUPE_MCP") is { Length: > 0 } path ? McpSettings.Read(path, read)
        : File.Exists(McpSettings.FileName) ? McpSettings.Read(McpSettings.FileName, read)
        : [];

    /// <summary>The servers; none is started before an agent needs it.</summary>
    public static IReadOnlyList<IToolSource> Open(IReadOnlyList<McpServerOptions> servers, string folder, ILoggerFactory logs)
    {
        if (servers.Count == 0)
        {
            return [];
        }

        var log = logs.CreateLogger("Troupe.Mcp");
        var seen = SeenTools.Open(Path.Combine(folder, SeenTools.FileName), log);
        return [.. servers.Select(server => new McpServer(server, seen, log: log))];
    }
}
