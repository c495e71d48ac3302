using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;

namespace Troupe.Models.Mcp;

/// <summary>What the tools of servers looked like when they were accepted, in a file: a description or a schema is an instruction to the model,
/// and a server that changes one behind everybody's back must not get it obeyed. The first look is accepted. Thread-safe.</summary>
public sealed partial class SeenTools
{
    /// <summary>The file's usual name, in the data folder.</summary>
    public const string FileName = "mcp-tools.json";

    private readonly Lock _gate = new();
    private readonly string? _path;
    private readonly ILogger _log;
    private readonly Dictionary<string, string> _accepted;
    private int _version;

    private SeenTools(string? path, Dictionary<string, string> accepted, ILogger? log) => (_path, _accepted, _log) = (path, accepted, log ?? NullLogger.Instance);

    /// <summary>Grows with each change.</summary>
    internal int Version => Volatile.Read(ref _version);

    /// <summary>Reads the file, if there is one.</summary>
    /// <exception cref="TroupeException">It cannot be read (code mcp_tools_unreadable).</exception>
    public static SeenTools Open(string path, ILogger? log = null)
    {
        try
        {
            var written = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), SeenJson.Default.Written) : null;
            return new SeenTools(path, new Dictionary<string, string>(written?.Accepted ?? [], StringComparer.Ordinal), log);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new TroupeException(
                ErrorKind.Setup, "mcp_tools_unreadable",
                $"'{path}' cannot be read ({failure.Message.TrimEnd('.')}). Restore it, or delete it: each tool is then accepted as it is next seen.", failure);
        }
    }

    /// <summary>For a host without a folder: what was seen is forgotten with the process.</summary>
    public static SeenTools InMemory() => new(null, new Dictionary<string, string>(StringComparer.Ordinal), null);

    /// <summary>What stands for a tool's description and schema: each is preceded by its length, so that nothing can move from one to the other.</summary>
    internal static string HashOf(Tool tool)
    {
        var description = Encoding.UTF8.GetBytes(tool.Description ?? "");
        var schema = Encoding.UTF8.GetBytes(tool.InputSchema.GetRawText());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes((long)description.Length));
        hash.AppendData(description);
        hash.AppendData(BitConverter.GetBytes((long)schema.Length));
        hash.AppendData(schema);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Takes note of tools as they are now.</summary>
    /// <returns>The names of those that have changed since they were accepted.</returns>
    internal HashSet<string> Look(IEnumerable<(string Name, string Hash)> tools)
    {
        lock (_gate)
        {
            var changed = new HashSet<string>(StringComparer.Ordinal);
            var news = false;
            foreach (var (name, hash) in tools)
            {
                if (_accepted.TryAdd(name, hash))
                {
                    news = true;
                }
                else if (_accepted[name] != hash)
                {
                    changed.Add(name);
                }
            }

            if (news)
            {
                WriteLocked();
            }

            return changed;
        }
    }

    /// <summary>A person has said yes to a tool as it is now.</summary>
    internal void Accept(string name, string hash)
    {
        lock (_gate)
        {
            if (_accepted.GetValueOrDefault(name) != hash)
            {
                _accepted[name] = hash;
                WriteLocked();
            }
        }
    }

    private void WriteLocked()
    {
        Interlocked.Increment(ref _version);
        if (_path is null)
        {
            return;
        }

        // Whole or not at all: half a file would make the next start fail.
        var temporary = _path + ".tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, new Written(new SortedDictionary<string, string>(_accepted, StringComparer.Ordinal)), SeenJson.Default.Written);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A full disk must not stop the turn; what is not written is asked or accepted again after a restart.
            LogNotWritten(failure, _path);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was seen of the tools of MCP servers could not be written to {Path}")]
    private partial void LogNotWritten(Exception failure, string path);

    private sealed record Written(SortedDictionary<string, string> Accepted);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
    [JsonSerializable(typeof(Written))]
    private sealed partial class SeenJson : JsonSerializerContext;
}
