using System.Globalization;
using System.Text.Json;

namespace Troupe.Cli.Import;

/// <summary>A session as Troupe itself writes it (<c>troupe sessions export</c>), with all its branches.</summary>
internal sealed class ExportFormat : IConversationFormat
{
    /// <summary>The member that marks an export, with its version.</summary>
    public const string Mark = "troupe_export";

    private const int Version = 1;

    private static readonly string[] Roles = ["user", "assistant", "tool_call", "tool_result", "summary", "erased", ConversationLine.Note];

    public string Name => "troupe";

    public bool Fits(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(Mark, out _);

    public Conversation Read(string? name, JsonElement value)
    {
        if (!Fits(value))
        {
            throw new UnreadableException($"It is no export of Troupe: '{Mark}' is missing.");
        }

        if (value.GetProperty(Mark) is not { ValueKind: JsonValueKind.Number } mark || !mark.TryGetInt32(out var version) || version != Version)
        {
            throw new UnreadableException($"'{Mark}' is not {Version}: this version of Troupe cannot read it. Use the one that wrote it, or a newer one.");
        }

        if (!value.TryGetProperty("entries", out var entries) || entries.ValueKind != JsonValueKind.Array)
        {
            throw new UnreadableException("The export has no 'entries'. It is not whole: export it again.");
        }

        var reader = new MessageReader();
        foreach (var entry in entries.EnumerateArray())
        {
            Add(reader, entry);
        }

        var head = value.TryGetProperty("head", out var leaf) && leaf.ValueKind == JsonValueKind.Number && leaf.TryGetInt32(out var seq) && seq >= 0 && seq <= reader.Lines.Count ? seq : (int?)null;
        reader.Unknown.Add(value, 0, [Mark, "id", "agent", "title", "durability", "archived", "head", "created_at", "updated_at", "entries", "next"]);
        return reader.Make(Name, TextOf(value, "id"), TextOf(value, "title"), value.TryGetProperty("created_at", out var at) ? JsonValues.TimeOf(at) : null, head) with { Agent = TextOf(value, "agent") };
    }

    private static void Add(MessageReader reader, JsonElement entry)
    {
        var seq = reader.Lines.Count + 1;
        var where = string.Create(CultureInfo.InvariantCulture, $"entry {seq}");
        if (entry.ValueKind != JsonValueKind.Object || TextOf(entry, "role") is not { } role || !Roles.Contains(role) || TextOf(entry, "text") is not { } text)
        {
            throw new UnreadableException("It is no entry with 'role' and 'text' of an export. Export the session again.") { Where = where };
        }

        if (NumberOf(entry, "seq") is { } given && given != seq)
        {
            throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"Its 'seq' is {given}: entries are missing. Export the session again.")) { Where = where };
        }

        var parent = NumberOf(entry, "parent") ?? seq - 1;
        if (parent < 0 || parent >= seq)
        {
            throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"Its 'parent' is {parent}, which is no earlier entry. Export the session again.")) { Where = where };
        }

        var tool = entry.TryGetProperty("tool", out var data) && data.ValueKind == JsonValueKind.Object ? data : (JsonElement?)null;
        reader.Add(
            role, text, entry.TryGetProperty("at", out var at) ? JsonValues.TimeOf(at) : null, where,
            tool is { } call ? TextOf(call, "call_id") : null, tool is { } named ? TextOf(named, "name") : null, parent);
        reader.Unknown.Add(entry, seq, ["seq", "parent", "turn_id", "role", "text", "at", "tool"]);
        if (tool is { } rest)
        {
            reader.Unknown.Add(rest, seq, ["call_id", "name"]);
        }
    }

    private static string? TextOf(JsonElement value, string member) => value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? JsonValues.TextOf(text) : null;

    private static int? NumberOf(JsonElement value, string member) =>
        value.TryGetProperty(member, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var whole) ? whole : null;
}
