using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>A MedSim session: a student's interview of a patient. See docs/schemas/medsim-session.schema.json.</summary>
internal sealed class MedSimFormat : IConversationFormat
{
    public const string FormatName = "medsim";

    /// <summary>The agent that knows the cases, where there is one of this name.</summary>
    public const string AgentName = "medsim";

    /// <summary>Members that name the case.</summary>
    public static readonly string[] CaseNames = ["case", "case_id", "caseId", "scenario"];

    private static readonly string[] IdNames = ["id", "session_id", "sessionId"];
    private static readonly string[] TitleNames = ["title", .. CaseNames];

    public string Name => FormatName;

    public bool Fits(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && MessageFormat.MessagesOf(value).Name is not null && JsonValues.Find(value, CaseNames).Name is not null;

    public Conversation Read(string? name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new UnreadableException($"It is {MessageReader.KindOf(value)}; a MedSim session is an object with 'case' and 'messages'.");
        }

        // Of which case it was is kept whole, also where it becomes the title, which may be shortened.
        var reader = new MessageReader();
        if (JsonValues.Find(value, TitleNames) is ({ } title, var words) && CaseNames.Contains(title) && JsonValues.WordOf(words) is not null)
        {
            reader.Unknown.Add(title, words, 0);
        }

        return MessageFormat.Read(reader, value, Name, name, IdNames, TitleNames);
    }
}
