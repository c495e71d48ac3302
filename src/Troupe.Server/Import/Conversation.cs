using System.Globalization;
using Troupe.Server.Sessions;

namespace Troupe.Server.Import;

/// <summary>One conversation from a file: it becomes one session, in one request.</summary>
/// <param name="Format">The format's name, which is part of where the session comes from.</param>
/// <param name="Name">What the file calls it; empty when it does not.</param>
/// <param name="Lines">What was said, each line after its parent.</param>
internal sealed record Conversation(string Format, string Name, IReadOnlyList<ConversationLine> Lines)
{
    private const int MaxTitle = 200;

    private readonly string? _title;

    /// <summary>The title, shortened to what a session takes.</summary>
    public string? Title
    {
        get => _title;
        init => _title = TitleOf(value);
    }

    /// <summary>The agent that an export names.</summary>
    public string? Agent { get; init; }

    /// <summary>When it began; the time of lines that have none of their own.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The line to go on from; null for the last.</summary>
    public int? Head { get; init; }

    /// <summary>Members that mean nothing here, as texts for notes at the end.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>How many lines the session gets.</summary>
    public int Entries => Lines.Count + Unknown.Count;

    /// <summary>The same words under the same name are the same conversation, whatever their title and wherever the file lies.</summary>
    public string Origin()
    {
        var parts = new string?[2 + (Lines.Count * 6)];
        parts[0] = Format;
        parts[1] = Name;
        var at = 2;
        foreach (var line in Lines)
        {
            parts[at++] = line.Role;
            parts[at++] = line.Text;
            parts[at++] = line.At?.ToString("O", CultureInfo.InvariantCulture);
            parts[at++] = line.Parent.ToString(CultureInfo.InvariantCulture);
            parts[at++] = line.CallId;
            parts[at++] = line.Tool;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Format}:{Hashing.Of(parts):x32}");
    }

    /// <summary>The agent that goes on with it: the one that is asked for, an export's own, or the format's own where it is there; null for the usual one.</summary>
    /// <param name="wanted">The agent that is asked for; null for none.</param>
    /// <param name="isThere">Whether there is an agent of a name.</param>
    public string? AgentOf(string? wanted, Func<string, bool> isThere) =>
        wanted ?? Agent ?? (FormatDetector.AgentOf(Format) is { } own && isThere(own) ? own : null);

    /// <summary>The request for its session.</summary>
    /// <param name="agent">The agent; null for the usual one.</param>
    /// <param name="origin">What <see cref="Origin"/> gave.</param>
    /// <param name="id">The id that a new session is to get; null for any.</param>
    public ImportRequest Request(string? agent, string origin, string? id)
    {
        var entries = new List<ImportEntry?>(Entries);
        var time = CreatedAt;
        foreach (var line in Lines)
        {
            time = line.At ?? time;
            entries.Add(new ImportEntry(line.Role, line.Text, Parent: line.Parent, At: time, Tool: line.CallId is { } call ? new ToolView(call, line.Tool ?? "") : null));
        }

        foreach (var note in Unknown)
        {
            entries.Add(new ImportEntry(ConversationLine.Note, note, Parent: entries.Count, At: time));
        }

        return new ImportRequest(entries, agent, Title, Head: Head ?? Lines.Count, Origin: origin, NewId: id);
    }

    private static string? TitleOf(string? text)
    {
        var title = text is null ? "" : TextRules.Mend(text.Trim());
        return title.Length == 0 ? null : title.Length <= MaxTitle ? title : TextRules.Mend(title[..(MaxTitle - 1)]) + "…";
    }
}
