using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>A MedSim session: a student's interview of a patient. See docs/schemas/medsim-session.schema.json.</summary>
internal sealed class MedSimFormat : IConversationFormat
{
    /// <summary>Members that name the case.</summary>
    public static readonly string[] CaseNames = ["case", "case_id", "caseId", "scenario"];

    private static readonly string[] IdNames = ["id", "session_id", "sessionId"];

    public string Name => "medsim";

    public bool Fits(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && MessageFormat.MessagesOf(value).Name is not null && JsonValues.Find(value, CaseNames).Name is not null;

    public Conversation Read(string? name, JsonElement value) => value.ValueKind == JsonValueKind.Object
        ? MessageFormat.Read(new MessageReader(), value, Name, name, IdNames, ["title", .. CaseNames])
        : throw new UnreadableException($"It is {MessageReader.KindOf(value)}; a MedSim session is an object with 'case' and 'messages'.");
}
