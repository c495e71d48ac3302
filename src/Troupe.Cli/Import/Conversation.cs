using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Troupe.Cli.Import;

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

    /// <summary>The body of the import's request, which asks for a session with an id.</summary>
    public ReadOnlyMemory<byte> Body(string? agent, string origin, string id)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("origin", origin);
        json.WriteString("new_id", id);
        Write(json, "agent", agent ?? Agent);
        Write(json, "title", Title);
        json.WriteNumber("head", Head ?? Lines.Count);
        json.WriteStartArray("entries");
        var time = CreatedAt;
        foreach (var line in Lines)
        {
            time = line.At ?? time;
            Write(json, line, time);
        }

        for (var i = 0; i < Unknown.Count; i++)
        {
            Write(json, new ConversationLine(ConversationLine.Note, Unknown[i], null, Lines.Count + i), time);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, ConversationLine line, DateTimeOffset? time)
    {
        json.WriteStartObject();
        json.WriteString("role", line.Role);
        json.WriteString("text", line.Text);
        json.WriteNumber("parent", line.Parent);
        if (time is { } at)
        {
            json.WriteString("at", at);
        }

        if (line.CallId is { } call)
        {
            json.WriteStartObject("tool");
            json.WriteString("call_id", call);
            json.WriteString("name", line.Tool ?? "");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string member, string? value)
    {
        if (value is not null)
        {
            json.WriteString(member, value);
        }
    }

    private static string? TitleOf(string? text)
    {
        var title = text is null ? "" : TextRules.Mend(text.Trim());
        return title.Length == 0 ? null : title.Length <= MaxTitle ? title : TextRules.Mend(title[..(MaxTitle - 1)]) + "…";
    }
}
