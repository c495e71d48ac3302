using System.Text.Json;
using System.Text.Json.Serialization;

namespace Troupe.Storage;

/// <summary>What the entry of a tool's call or result carries beside its text.</summary>
/// <param name="CallId">The model's name for the call; the same in call and result.</param>
/// <param name="Name">The tool's.</param>
/// <param name="Kind">On a call: pure, idempotent or unsafe.</param>
/// <param name="Status">On a result: how it came out.</param>
/// <param name="Milliseconds">On a result: how long it took.</param>
/// <param name="Source">On a result: where it came from, when the tool did not run for this call alone: cached or merged.</param>
public sealed partial record ToolData(string CallId, string Name, string? Kind = null, string? Status = null, double? Milliseconds = null, string? Source = null)
{
    /// <summary>The kind whose calls are not run again without a person's yes.</summary>
    public const string UnsafeKind = "unsafe";

    /// <summary>The JSON that is stored.</summary>
    public string Write() => JsonSerializer.Serialize(this, DataJson.Default.ToolData);

    /// <summary>Reads an entry's; null when it carries none.</summary>
    public static ToolData? Read(Entry entry) =>
        entry.Role is EntryRole.ToolCall or EntryRole.ToolResult && entry.Data is { } data ? JsonSerializer.Deserialize(data, DataJson.Default.ToolData) : null;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(ToolData))]
    private sealed partial class DataJson : JsonSerializerContext;
}
