using Troupe.Storage;

namespace Troupe.Server.Sessions;

/// <summary>What states and roles are called in JSON.</summary>
internal static class Names
{
    public static string Of(Durability durability) => durability == Durability.Batched ? "batched" : "durable";

    public static string Of(TurnState state) => state switch
    {
        TurnState.Queued => "queued",
        TurnState.Running => "running",
        TurnState.Waiting => "waiting",
        TurnState.Completed => "completed",
        TurnState.Cancelled => "cancelled",
        TurnState.Failed => "failed",
        TurnState.Merged => "merged",
        _ => "abandoned",
    };

    public static string Of(EntryRole role) => role switch
    {
        EntryRole.User => "user",
        EntryRole.Assistant => "assistant",
        EntryRole.ToolCall => "tool_call",
        EntryRole.ToolResult => "tool_result",
        EntryRole.Summary => "summary",
        EntryRole.Erased => "erased",
        _ => "note",
    };

    public static EntryRole? RoleOf(string name) => name switch
    {
        "user" => EntryRole.User,
        "assistant" => EntryRole.Assistant,
        "tool_call" => EntryRole.ToolCall,
        "tool_result" => EntryRole.ToolResult,
        "summary" => EntryRole.Summary,
        "note" => EntryRole.Note,
        "erased" => EntryRole.Erased,
        _ => null,
    };

    public static Durability? DurabilityOf(string? name) => name switch
    {
        null => null,
        "durable" => Durability.Durable,
        "batched" => Durability.Batched,
        _ => throw new TroupeException(ErrorKind.Invalid, "member_invalid", $"'durability' is '{(name.Length > 40 ? name[..40] : name)}'; it must be durable or batched.")
        {
            Member = "durability",
        },
    };
}
