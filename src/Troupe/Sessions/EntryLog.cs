using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>The entries of one loaded session and the leaf that a new input follows. Guarded by its session.</summary>
internal sealed class EntryLog
{
    private readonly List<Entry> _entries;

    public EntryLog(IReadOnlyList<Entry> entries)
    {
        _entries = [.. entries];
        SizeBytes = entries.Sum(e => (long)e.SizeBytes);
    }

    public int Count => _entries.Count;

    /// <summary>The newest completed leaf, or the one that the owner chose.</summary>
    public int Head { get; set; }

    public long SizeBytes { get; private set; }

    public Entry this[int seq] => _entries[seq - 1];

    public bool Contains(int seq) => seq >= 1 && seq <= _entries.Count;

    public Entry Add(int parent, long turn, EntryRole role, DateTimeOffset at, string text, string? data)
    {
        var entry = new Entry(_entries.Count + 1, parent, turn, role, at, text, data);
        _entries.Add(entry);
        SizeBytes += entry.SizeBytes;
        return entry;
    }

    /// <summary>A copy of the entries after one, up to another.</summary>
    public Entry[] Page(int after, int limit, int visible)
    {
        var from = Math.Clamp(after, 0, visible);
        return [.. _entries[from..(from + Math.Min(visible - from, limit))]];
    }

    /// <summary>The words of a turn: what the agent said between its user entry and the end of its reply.</summary>
    public string ReplyOf(TurnRecord turn)
    {
        if (turn.ReplySeq == 0)
        {
            return "";
        }

        var last = this[turn.ReplySeq];
        if (last.Parent == turn.UserSeq)
        {
            return last.Role == EntryRole.Assistant ? last.Text : "";
        }

        var parts = new Stack<string>();
        for (var seq = turn.ReplySeq; seq > turn.UserSeq; seq = this[seq].Parent)
        {
            if (this[seq].Role == EntryRole.Assistant)
            {
                parts.Push(this[seq].Text);
            }
        }

        return string.Concat(parts);
    }
}
