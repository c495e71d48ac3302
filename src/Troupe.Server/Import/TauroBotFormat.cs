using System.Text.Json;
using Troupe.Sessions;

namespace Troupe.Server.Import;

/// <summary>What TauroBot remembers of one user: a list of messages, or an object that holds one. See docs/schemas/taurobot-memory.schema.json.</summary>
internal sealed class TauroBotFormat : IConversationFormat
{
    public const string FormatName = "taurobot";

    /// <summary>The agent that goes on with what TauroBot remembers, where there is one of this name.</summary>
    public const string AgentName = "taurobot";

    public string Name => FormatName;

    /// <summary>Whether nothing is remembered of a user, so that there is nothing to take either.</summary>
    public static bool IsEmpty(JsonElement value) =>
        UnknownMembers.IsEmpty(value) || (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(m => UnknownMembers.IsEmpty(m.Value)));

    /// <summary>A user's messages are known by the file around them only.</summary>
    public bool Fits(JsonElement value) => false;

    public Conversation Read(string? name, JsonElement value)
    {
        var title = name is null ? null : $"TauroBot: {name}";
        return value.ValueKind != JsonValueKind.Object ? new MessageReader().AddAll(value).Make(Name, name, title, null)
            : name is not null && MessageFormat.MessagesOf(value) is var messages && (messages.Name is null || messages.Value.GetArrayLength() == 0) ? Remembered(name, title, value)
            : MessageFormat.Read(new MessageReader(), value, Name, name, name is null ? ["id", "user", "name"] : [], ["title"], title);
    }

    /// <summary>Of a user who said nothing, what is remembered is kept in notes.</summary>
    private Conversation Remembered(string name, string? title, JsonElement value)
    {
        var unknown = new UnknownMembers();
        unknown.Add(value, 0, []);
        return unknown.Notes(Session.MaxTextLength) is { Count: > 0 } notes
            ? new Conversation(Name, name, []) { Title = title, Unknown = notes }
            : throw new UnreadableException("There are no messages.");
    }
}
