using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>Messages as OpenAI's clients send them: an array, or an object that holds one.</summary>
internal sealed class MessageFormat : IConversationFormat
{
    private static readonly string[] IdNames = ["id", "session_id", "conversation_id", "name"];

    public string Name => "openai";

    public bool Fits(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first && MessageReader.IsMessage(first)
        : value.ValueKind == JsonValueKind.Object && MessagesOf(value).Name is not null;

    public Conversation Read(string? name, JsonElement value)
    {
        var reader = new MessageReader();
        if (value.ValueKind == JsonValueKind.Array)
        {
            return reader.AddAll(value).Make(Name, name, null, null);
        }

        return value.ValueKind == JsonValueKind.Object
            ? Read(reader, value, Name, name, IdNames, ["title", "name"])
            : throw new UnreadableException($"It is {MessageReader.KindOf(value)}; a conversation is an array of messages, or an object with 'messages'.");
    }

    /// <summary>The member that holds the messages.</summary>
    public static (string? Name, JsonElement Value) MessagesOf(JsonElement value)
    {
        var found = JsonValues.Find(value, [.. MessageReader.MessagesNames, "conversations", "log"]);
        return found.Value.ValueKind == JsonValueKind.Array ? found : default;
    }

    /// <summary>Reads an object with messages, and keeps its other members.</summary>
    public static Conversation Read(MessageReader reader, JsonElement value, string format, string? name, string[] ids, string[] titles, string? usualTitle = null)
    {
        var (messagesName, messages) = MessagesOf(value);
        if (messagesName is null)
        {
            throw new UnreadableException("There are no messages. Give them as the array 'messages'.");
        }

        reader.AddAll(messages);
        var (idName, id) = JsonValues.Find(value, ids);
        var (titleName, title) = JsonValues.Find(value, titles);
        var (timeName, time) = JsonValues.Find(value, [.. MessageReader.TimeNames, "started_at", "started"]);
        var number = idName is null ? null : JsonValues.WordOf(id);
        var words = titleName is null ? null : JsonValues.WordOf(title);
        var at = timeName is null ? null : JsonValues.TimeOf(time);
        reader.Unknown.Add(value, 0, [messagesName, number is null ? null : idName, words is null ? null : titleName, at is null ? null : timeName]);
        return reader.Make(format, name ?? number, words ?? usualTitle, at);
    }
}
