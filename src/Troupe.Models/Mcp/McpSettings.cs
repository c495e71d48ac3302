using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Troupe.Tools;

namespace Troupe.Models.Mcp;

/// <summary>Reads the operator's file of MCP servers, in the <c>mcpServers</c> form that other clients use. It is the only place from which
/// a server is ever started.</summary>
public static partial class McpSettings
{
    /// <summary>The file's usual name, in the working directory.</summary>
    public const string FileName = "mcp.json";

    private const int MaxBytes = 1 << 20;

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">The value of a variable of the environment; null when there is none.</param>
    /// <exception cref="TroupeException">There is a mistake (code mcp_invalid): the message names the file, the place and the way out, and no secret.</exception>
    public static IReadOnlyList<McpServerOptions> Read(string path, Func<string, string?> read)
    {
        using var document = Parse(path);
        var file = new Place(path, "", "", document.RootElement, read);
        file.Only("mcpServers");
        var servers = file.Member("mcpServers") ?? throw file.Wrong("has no member 'mcpServers'. It begins with {\"mcpServers\": {\"name\": {\"command\": ...}}}");
        return [.. servers.Members().Where(s => s.Flag("disabled") != true).Select(ServerOf)];
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new TroupeException(ErrorKind.Setup, "mcp_invalid", $"'{path}' is larger than {MaxBytes} bytes; that is no file of settings.");
            }

            return JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
        }
        catch (JsonException failure)
        {
            // The parser's own words may quote the file, which holds secrets.
            throw new TroupeException(
                ErrorKind.Setup, "mcp_invalid",
                failure.LineNumber is null
                    ? $"'{path}' has a member twice in one object. Remove one."
                    : string.Create(CultureInfo.InvariantCulture, $"'{path}' line {failure.LineNumber + 1} column {failure.BytePositionInLine + 1}: this is not JSON. Correct it."));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TroupeException(ErrorKind.Setup, "mcp_invalid", $"'{path}' cannot be read: {failure.Message.TrimEnd('.')}. Set TROUPE_MCP to a file that can, or unset it.", failure);
        }
    }

    private static McpServerOptions ServerOf(Place server)
    {
        var name = server.Name;
        if (!GoodName.IsMatch(name) || name.Contains("__", StringComparison.Ordinal))
        {
            throw server.Wrong("is no name for a server. Use 1 to 32 characters of a-z, A-Z, 0-9, - and _, without __ and without _ at the end");
        }

        server.Only("command", "args", "env", "cwd", "url", "headers", "type", "disabled", "kinds", "needs_approval", "deadline_seconds", "max_result_length");
        var (command, url) = (server.Member("command"), server.Member("url"));
        if ((command is null) == (url is null))
        {
            throw server.Wrong("needs either 'command' or 'url'");
        }

        server.Member("type")?.OneOf(command is null ? ["http", "streamable-http", "streamableHttp", "sse"] : ["stdio"]);
        foreach (var member in command is null ? new[] { "args", "env", "cwd" } : ["headers"])
        {
            if (server.Member(member) is { } misplaced)
            {
                throw misplaced.Wrong(command is null ? "is for servers with 'command'. Remove it" : "is for servers with 'url'. Remove it");
            }
        }

        var folder = server.Member("cwd");
        if (folder is not null && !Directory.Exists(folder.Text()))
        {
            throw folder.Wrong($"is '{folder.Text()}', which is no folder");
        }

        var usual = new McpServerOptions { Name = name };
        return usual with
        {
            Command = command?.Program(folder?.Text()),
            Arguments = server.Member("args")?.Texts() ?? [],
            Environment = server.Member("env")?.Filled() ?? usual.Environment,
            WorkingDirectory = folder?.Text(),
            Url = url?.Address(),
            Headers = server.Member("headers")?.Filled() ?? usual.Headers,
            Kinds = server.Member("kinds")?.Members().ToDictionary(m => m.Name, KindOf, StringComparer.Ordinal) ?? usual.Kinds,
            NeedsApproval = server.Member("needs_approval")?.Texts().ToHashSet(StringComparer.Ordinal) ?? usual.NeedsApproval,
            Deadline = server.Member("deadline_seconds")?.Number(0.1, 3600) is { } seconds ? TimeSpan.FromSeconds(seconds) : usual.Deadline,
            MaxResultLength = (int)(server.Member("max_result_length")?.Number(64, 1_000_000) ?? usual.MaxResultLength),
        };
    }

    private static ToolKind KindOf(Place kind) => kind.OneOf("pure", "idempotent", "unsafe") switch
    {
        "pure" => ToolKind.Pure,
        "idempotent" => ToolKind.Idempotent,
        _ => ToolKind.Unsafe,
    };

    [GeneratedRegex("^[a-zA-Z0-9_-]{0,31}[a-zA-Z0-9-]$", RegexOptions.None, 1000)]
    private static partial Regex GoodName { get; }

    /// <summary>A value in the file, which knows where it stands.</summary>
    private sealed record Place(string File, string Path, string Name, JsonElement Value, Func<string, string?> Read)
    {
        public Place? Member(string name) =>
            Object().TryGetProperty(name, out var value) ? this with { Path = $"{Path}.{name}", Name = name, Value = value } : null;

        public IEnumerable<Place> Members() => Object().EnumerateObject().Select(m => this with { Path = $"{Path}.{m.Name}", Name = m.Name, Value = m.Value });

        public void Only(params string[] names)
        {
            foreach (var member in Members().Where(m => !names.Contains(m.Name, StringComparer.Ordinal)))
            {
                throw member.Wrong($"is not known here. There are: {string.Join(", ", names)}");
            }
        }

        public string Text() => Value.ValueKind == JsonValueKind.String && Value.GetString() is { Length: > 0 } text ? text : throw Wrong("must be a text that is not empty");

        public List<string> Texts() => Value.ValueKind == JsonValueKind.Array && Value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. Value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Wrong("must be a list of texts");

        public bool? Flag(string name) => Member(name) switch
        {
            null => null,
            { Value.ValueKind: JsonValueKind.True } => true,
            { Value.ValueKind: JsonValueKind.False } => false,
            { } other => throw other.Wrong("must be true or false"),
        };

        public string OneOf(params string[] values) => Value.ValueKind == JsonValueKind.String && values.Contains(Value.GetString()!, StringComparer.Ordinal)
            ? Value.GetString()!
            : throw Wrong($"must be {string.Join(" or ", values)}");

        public double Number(double least, double most) => Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));

        public Uri Address() => Uri.TryCreate(Text(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0
            ? address
            : throw Wrong("must be an http or https address without a name or password in it; put secrets in 'headers'");

        public string Program(string? folder)
        {
            var program = Text();
            var found = program.Contains('/', StringComparison.Ordinal) || program.Contains(System.IO.Path.DirectorySeparatorChar)
                ? System.IO.File.Exists(System.IO.Path.Combine(folder ?? "", program))
                : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                    .Any(p => (OperatingSystem.IsWindows() ? new[] { "", ".exe", ".cmd", ".bat" } : [""]).Any(e => System.IO.File.Exists(System.IO.Path.Combine(p, program + e))));
            return found ? program : throw Wrong($"is '{program}', which is not there. Install it, or give its whole path");
        }

        /// <summary>A map of texts, with the environment's values where it names them.</summary>
        public Dictionary<string, string> Filled() => Members().ToDictionary(m => m.Name, m => m.Fill(), StringComparer.Ordinal);

        public TroupeException Wrong(string what) =>
            new(ErrorKind.Setup, "mcp_invalid", $"'{File}'{(Path.Length == 0 ? "" : " at " + Path[1..])} {what}.");

        private string Fill() => Value.ValueKind != JsonValueKind.String
            ? throw Wrong("must be a text")
            : SettingText.Fill(Value.GetString()!, Read, what => throw Wrong(what));

        private JsonElement Object() => Value.ValueKind == JsonValueKind.Object ? Value : throw Wrong("must be an object");
    }
}
