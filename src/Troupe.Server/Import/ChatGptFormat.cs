using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>A conversation of a ChatGPT export: a tree of nodes. Branches are kept; nodes without words for people are left out, and what
/// follows them follows what they followed.</summary>
internal sealed class ChatGptFormat : IConversationFormat
{
    public string Name => "chatgpt";

    public bool Fits(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("mapping", out var mapping) && mapping.ValueKind == JsonValueKind.Object;

    public Conversation Read(string? name, JsonElement value)
    {
        if (!Fits(value))
        {
            throw new UnreadableException("It has no 'mapping' of nodes, which a conversation of ChatGPT has.");
        }

        var nodes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var node in value.GetProperty("mapping").EnumerateObject())
        {
            if (node.Value.ValueKind != JsonValueKind.Object)
            {
                throw new UnreadableException($"It is {MessageReader.KindOf(node.Value)}; it must be an object with 'message' and 'parent'.") { Where = $"node '{node.Name}'" };
            }

            nodes[node.Name] = node.Value;
        }

        var reader = new MessageReader();
        var lines = AddTree(reader, nodes);
        var (idName, id) = JsonValues.Find(value, ["conversation_id", "id"]);
        reader.Unknown.Add(value, 0, ["title", "create_time", "mapping", "current_node", idName]);
        return reader.Make(
            Name, name ?? (idName is null ? null : JsonValues.WordOf(id)), TextOf(value, "title"), TimeOf(value),
            TextOf(value, "current_node") is { } current && lines.TryGetValue(current, out var head) && head > 0 ? head : null);
    }

    /// <summary>Adds the nodes, parents first, and returns the line that each stands for: its own, or the one it follows.</summary>
    private static Dictionary<string, int> AddTree(MessageReader reader, Dictionary<string, JsonElement> nodes)
    {
        var children = nodes.Keys.ToLookup(id => ParentOf(nodes, id), StringComparer.Ordinal);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal) { [""] = 0 };
        var open = new Stack<string>(InOrder(nodes, "", children[""]).Reverse());
        while (open.TryPop(out var id))
        {
            var after = lines[ParentOf(nodes, id)];
            lines.Add(id, Add(reader, nodes[id], id, after));
            foreach (var child in InOrder(nodes, id, children[id]).Reverse())
            {
                open.Push(child);
            }
        }

        // What no root leads to goes in a circle.
        return lines.Count == nodes.Count + 1
            ? lines : throw new UnreadableException("The parents of some nodes go in a circle. Export the conversation again.") { Where = $"node '{nodes.Keys.First(id => !lines.ContainsKey(id))}'" };
    }

    /// <summary>A node's parent; empty for a root, and where the parent is not in the file.</summary>
    private static string ParentOf(Dictionary<string, JsonElement> nodes, string id) => TextOf(nodes[id], "parent") is { } parent && nodes.ContainsKey(parent) ? parent : "";

    /// <summary>Children in the order that their parent gives them.</summary>
    private static IEnumerable<string> InOrder(Dictionary<string, JsonElement> nodes, string parent, IEnumerable<string> children)
    {
        if (!nodes.TryGetValue(parent, out var node) || !node.TryGetProperty("children", out var given) || given.ValueKind != JsonValueKind.Array)
        {
            return children;
        }

        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var child in given.EnumerateArray())
        {
            if (JsonValues.WordOf(child) is { } id)
            {
                places.TryAdd(id, places.Count);
            }
        }

        return children.OrderBy(id => places.GetValueOrDefault(id, int.MaxValue));
    }

    private static int Add(MessageReader reader, JsonElement node, string id, int after)
    {
        if (!node.TryGetProperty("message", out var message) || message.ValueKind != JsonValueKind.Object)
        {
            return after;
        }

        var isWhole = true;
        var role = message.TryGetProperty("author", out var author) && author.ValueKind == JsonValueKind.Object ? TextOf(author, "role") : null;
        var text = message.TryGetProperty("content", out var content) ? MessageReader.Words(content, ref isWhole) : null;
        if (role is null or "system" || string.IsNullOrWhiteSpace(text) || IsHidden(message))
        {
            return after;
        }

        var known = MessageReader.RoleOf(role);
        var time = TimeOf(message);
        var line = reader.Add(known ?? ConversationLine.Note, known is null ? $"[{role}] {text}" : text, time, $"node '{id}'", parent: after);
        reader.Unknown.Add(message, line, ["id", "author", time is null ? null : "create_time", isWhole ? "content" : null]);
        if (author.EnumerateObject().Any(m => m.Name != "role" && m.Value.ValueKind == JsonValueKind.String))
        {
            reader.Unknown.Add("author", author, line);
        }

        return line;
    }

    private static bool IsHidden(JsonElement message) =>
        message.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("is_visually_hidden_from_conversation", out var hidden) && hidden.ValueKind == JsonValueKind.True;

    private static DateTimeOffset? TimeOf(JsonElement value) => value.TryGetProperty("create_time", out var time) ? JsonValues.TimeOf(time) : null;

    private static string? TextOf(JsonElement value, string member) => value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? JsonValues.TextOf(text) : null;
}
