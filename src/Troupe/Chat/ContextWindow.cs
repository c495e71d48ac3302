using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Storage;

namespace Troupe.Chat;

/// <summary>The messages that a session's model sees: instructions, then the nearest summary, then what was said since. It is kept from turn
/// to turn and only grows at its end, so that a turn costs what is new and the provider's own cache of the beginning holds. Used by one
/// turn at a time.</summary>
internal sealed class ContextWindow(string instructions)
{
    private const string SummaryIntroduction = "Summary of the earlier conversation:\n";

    // What a message costs beside its words, in characters.
    private const int MessageOverhead = 4;

    private List<ChatMessage> _messages = [];
    private List<Entry> _entries = [];
    private string? _summary;
    private int _tail = -1;

    /// <summary>What the model is told before all else.</summary>
    public string Instructions => instructions;

    /// <summary>Characters of all messages.</summary>
    public long Characters { get; private set; }

    /// <summary>The entries that stand behind the messages, without the summary.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The summary in force; null when the conversation is shown from its beginning.</summary>
    public string? Summary => _summary;

    /// <summary>The messages as they are now; later turns do not change the view.</summary>
    public IReadOnlyList<ChatMessage> Messages => new MessageView(_messages, _messages.Count);

    /// <summary>What a summary costs beside its own words, in characters.</summary>
    public static int SummaryOverhead => SummaryIntroduction.Length + MessageOverhead;

    /// <summary>What a text weighs as a message, in characters.</summary>
    public static int Weigh(string text) => text.Length == 0 ? 0 : text.Length + MessageOverhead;

    /// <summary>Brings the window to an entry: appends what is new when the entry follows the window's end, and is rebuilt from the path
    /// otherwise.</summary>
    public void MoveTo(int seq, Func<int, Entry> read)
    {
        if (seq == _tail)
        {
            return;
        }

        var missing = new Stack<Entry>();
        Entry? summary = null;
        var covered = 0;
        var at = seq;
        while (at > covered && at != _tail)
        {
            var entry = read(at);
            if (entry.Role == EntryRole.Summary && summary is null)
            {
                summary = entry;
                covered = CoverOf(entry);
            }
            else if (IsShown(entry))
            {
                missing.Push(entry);
            }

            at = entry.Parent;
        }

        // A summary on the way makes what stands before it out of date.
        if (at != _tail || _tail < 0 || summary is not null)
        {
            if (summary is not null && at == _tail)
            {
                for (; at > covered; at = read(at).Parent)
                {
                    if (read(at) is var entry && IsShown(entry))
                    {
                        missing.Push(entry);
                    }
                }
            }

            Begin(summary?.Text);
        }

        while (missing.TryPop(out var entry))
        {
            Append(entry);
        }

        _tail = seq;
    }

    /// <summary>How many of the oldest entries to give up so that the rest is within a length; whole exchanges only, and the newest entry
    /// always stays.</summary>
    public int CountToDrop(long characters)
    {
        long kept = 0;
        var first = _entries.Count;
        while (first > 0 && kept + Weigh(_entries[first - 1].Text) <= characters)
        {
            kept += Weigh(_entries[--first].Text);
        }

        first = Math.Min(first, _entries.Count - 1);
        while (first < _entries.Count - 1 && _entries[first].Role != EntryRole.User)
        {
            first++;
        }

        return first;
    }

    /// <summary>The data of a summary entry that covers its path up to an entry.</summary>
    public static string CoverUpTo(int seq) => string.Create(CultureInfo.InvariantCulture, $$"""{"covers":{{seq}}}""");

    private static bool IsShown(Entry entry) => entry.Role is EntryRole.User or EntryRole.Assistant or EntryRole.ToolCall or EntryRole.ToolResult;

    private static int CoverOf(Entry summary)
    {
        if (summary.Data is null)
        {
            return 0;
        }

        using var data = JsonDocument.Parse(summary.Data);
        return data.RootElement.TryGetProperty("covers", out var covers) ? covers.GetInt32() : 0;
    }

    private void Begin(string? summary)
    {
        _messages = [];
        _entries = [];
        _summary = summary;
        Characters = 0;
        if (instructions.Length > 0)
        {
            Append(ChatRole.System, instructions);
        }

        if (summary is { Length: > 0 })
        {
            Append(ChatRole.System, SummaryIntroduction + summary);
        }
    }

    private void Append(Entry entry)
    {
        _entries.Add(entry);
        switch (entry.Role)
        {
            case EntryRole.ToolCall when ToolData.Read(entry) is { } call:
                AppendCall(ToolArguments.Read(call.CallId, call.Name, entry.Text), entry.TurnNumber);
                Characters += Weigh(entry.Text) + call.Name.Length;
                break;

            case EntryRole.ToolResult when ToolData.Read(entry) is { } result:
                _messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(result.CallId, entry.Text)]));
                Characters += Weigh(entry.Text);
                break;

            case EntryRole.User or EntryRole.Assistant when entry.Text.Length > 0:
                Append(entry.Role == EntryRole.User ? ChatRole.User : ChatRole.Assistant, entry.Text);
                break;
        }
    }

    /// <summary>Calls that were made at once, and what was said with them, are one message.</summary>
    private void AppendCall(FunctionCallContent call, long turn)
    {
        if (_messages is [.., { } last] && last.Role == ChatRole.Assistant && turn == _entries[^2].TurnNumber)
        {
            // A new message in its place: views of earlier calls keep theirs as they saw it.
            _messages[^1] = new ChatMessage(ChatRole.Assistant, [.. last.Contents, call]);
        }
        else
        {
            _messages.Add(new ChatMessage(ChatRole.Assistant, [call]));
        }
    }

    private void Append(ChatRole role, string text)
    {
        _messages.Add(new ChatMessage(role, text));
        Characters += Weigh(text);
    }
}
