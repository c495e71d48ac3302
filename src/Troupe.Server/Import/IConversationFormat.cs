using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>How one conversation is written in JSON.</summary>
internal interface IConversationFormat
{
    /// <summary>The name, as <c>--format</c> takes it.</summary>
    string Name { get; }

    /// <summary>Whether a value looks like a conversation of this format.</summary>
    bool Fits(JsonElement value);

    /// <summary>Reads a conversation.</summary>
    /// <param name="name">What the file calls it, where the name stands outside the value.</param>
    /// <param name="value">The conversation.</param>
    /// <exception cref="UnreadableException">It is not one, or is larger than may be.</exception>
    Conversation Read(string? name, JsonElement value);
}
