namespace Troupe.Cli.Import;

/// <summary>One line of a conversation from elsewhere.</summary>
/// <param name="Role">As the import route knows it: user, assistant, tool_call, tool_result, note or erased.</param>
/// <param name="Text">The words.</param>
/// <param name="At">When it was said; null when the file does not tell.</param>
/// <param name="Parent">The line it follows, counted from 1; 0 at a root.</param>
/// <param name="CallId">The tool's call, where the line is one or its result.</param>
/// <param name="Tool">The tool's name.</param>
internal sealed record ConversationLine(string Role, string Text, DateTimeOffset? At, int Parent, string? CallId = null, string? Tool = null)
{
    public const string Note = "note";
}
