using System.Text.Json;

namespace Troupe.Cli.Import;

/// <summary>What TauroBot remembers of one user: a list of messages, or an object that holds one. See docs/schemas/taurobot-memory.schema.json.</summary>
internal sealed class TauroBotFormat : IConversationFormat
{
    public string Name => "taurobot";

    /// <summary>A user's messages are known by the file around them only.</summary>
    public bool Fits(JsonElement value) => false;

    public Conversation Read(string? name, JsonElement value)
    {
        var title = name is null ? null : $"TauroBot: {name}";
        return value.ValueKind == JsonValueKind.Object
            ? MessageFormat.Read(new MessageReader(), value, Name, name, name is null ? ["id", "user", "name"] : [], ["title"], title)
            : new MessageReader().AddAll(value).Make(Name, name, title, null);
    }
}
