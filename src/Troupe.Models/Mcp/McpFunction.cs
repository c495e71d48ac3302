using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Troupe.Tools;

namespace Troupe.Models.Mcp;

/// <summary>A tool of a server, as a model sees it. Whatever goes wrong is an answer to the model.</summary>
internal sealed class McpFunction(McpServer server, Tool tool, string hash, bool hasChanged, ToolKind kind) : AIFunction
{
    private const int MaxDescription = 8192;

    public override string Name { get; } = server.Options.Prefix + tool.Name;

    public override string Description { get; } = tool.Description is { Length: > MaxDescription } text ? text[..MaxDescription] : tool.Description ?? "";

    public override JsonElement JsonSchema => tool.InputSchema;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        McpConnection connection;
        try
        {
            connection = await server.ConnectAsync(cancellationToken);
        }
        catch (TroupeException failure)
        {
            return new ToolAnswer(ToolStatus.Error, failure.Message);
        }

        if (connection.Tools.FirstOrDefault(t => t.Name == tool.Name) is not { } now || SeenTools.HashOf(now) != hash)
        {
            return new ToolAnswer(ToolStatus.Error, $"The tool '{Name}' is not what it was when this was asked. Nothing was run. Look at it again.");
        }

        if (hasChanged)
        {
            // Each run of a changed tool needs a person's yes, so there was one.
            server.Seen.Accept(Name, hash);
        }

        var started = server.Now;
        try
        {
            var result = await connection.CallAsync(tool.Name, arguments, cancellationToken);
            return new ToolAnswer(result.IsError == true ? ToolStatus.Error : ToolStatus.Ok, TextOf(result));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // A person's cancellation says nothing of the server; that its time was up does.
            server.Stopped(connection, started);
            throw;
        }
        catch (McpProtocolException failure)
        {
            return new ToolAnswer(ToolStatus.Error, $"The MCP server '{server.Options.Name}' refused the call: {Short(server.Options.Conceal(failure.Message))}");
        }
        catch (Exception failure)
        {
            // A server that answers what is not in the protocol is as good as one that has gone.
            server.Lost(connection, failure);
            var what = connection.IsHung
                ? $"The MCP server '{server.Options.Name}' no longer answered and was ended in the middle of the call."
                : $"The MCP server '{server.Options.Name}' ended, or answered what cannot be read, in the middle of the call ({failure.GetType().Name}).";
            return kind == ToolKind.Unsafe
                ? new ToolAnswer(ToolStatus.Unknown, what + " Whether the call took effect is not known.")
                : new ToolAnswer(ToolStatus.Error, what);
        }
    }

    private static string TextOf(CallToolResult result) => result.Content is { Count: > 0 } contents
        ? string.Join('\n', contents.Select(TextOf))
        : result.StructuredContent?.GetRawText() ?? "";

    private static string TextOf(ContentBlock content) => content switch
    {
        TextContentBlock text => text.Text,
        EmbeddedResourceBlock { Resource: TextResourceContents resource } => resource.Text,
        ResourceLinkBlock link => link.Uri,
        _ => $"({content.Type} is not shown)",
    };

    private static string Short(string text) => text.Length <= 1000 ? text : text[..1000];
}
