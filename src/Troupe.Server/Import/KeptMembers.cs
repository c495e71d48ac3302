using System.Text;
using System.Text.Json;
using Troupe.Storage;

namespace Troupe.Server.Import;

/// <summary>What a file said beside its messages, read from the notes that keep it.</summary>
public static class KeptMembers
{
    private const int MaxNotes = 16;
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = JsonPieces.MaxDepth + 4 };

    /// <summary>Whether an entry keeps members of a file.</summary>
    public static bool IsNote(Entry entry) => entry.Role == EntryRole.Note && entry.Text.StartsWith(UnknownMembers.Heading, StringComparison.Ordinal);

    /// <summary>The members of the file's conversation that Troupe had no place for, as an object; null where none are kept.</summary>
    /// <param name="entries">The session's log.</param>
    public static JsonElement? Of(IEnumerable<Entry> entries)
    {
        // What is longer than an entry may be goes on in the next: the text is whole once it can be read.
        var text = new StringBuilder();
        foreach (var entry in entries.Where(IsNote).Take(MaxNotes))
        {
            text.Append(entry.Text, UnknownMembers.Heading.Length, entry.Text.Length - UnknownMembers.Heading.Length);
            if (Parse(text.ToString()) is { } kept)
            {
                return kept.TryGetProperty("session", out var members) && members.ValueKind == JsonValueKind.Object ? members : null;
            }
        }

        return null;
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            var value = JsonElement.Parse(text, Depth);
            return value.ValueKind == JsonValueKind.Object ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
