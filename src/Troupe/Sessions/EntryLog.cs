using System.Text.Json;
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

    /// <summary>The entries of a branch that are not erased, in order: an entry and all that follows from it.</summary>
    public List<int> Branch(int root)
    {
        var isInside = new bool[_entries.Count + 1];
        isInside[root] = true;
        List<int> branch = [];
        for (var seq = root; seq <= _entries.Count; seq++)
        {
            isInside[seq] |= isInside[this[seq].Parent];
            if (isInside[seq] && this[seq].Role != EntryRole.Erased)
            {
                branch.Add(seq);
            }
        }

        return branch;
    }

    /// <summary>Leaves nothing of an entry but its place.</summary>
    public void Erase(int seq)
    {
        var former = this[seq];
        _entries[seq - 1] = former.Erase();
        SizeBytes += this[seq].SizeBytes - former.SizeBytes;
    }

    /// <summary>Where to go on when what followed from an entry is gone: at the newest of what else follows from it, or else at the entry itself.</summary>
    /// <param name="parent">The entry; 0 for the beginning.</param>
    /// <param name="mayEnd">Whether one may go on from an entry.</param>
    public int NewestAfter(int parent, Func<Entry, bool> mayEnd)
    {
        var isInside = new bool[_entries.Count + 1];
        isInside[parent] = true;
        var newest = parent;
        for (var seq = parent + 1; seq <= _entries.Count; seq++)
        {
            isInside[seq] = this[seq].Role != EntryRole.Erased && isInside[this[seq].Parent];
            newest = isInside[seq] && mayEnd(this[seq]) ? seq : newest;
        }

        return newest;
    }

    /// <summary>Whether what a turn came to was erased.</summary>
    public bool IsErased(TurnRecord turn) => Contains(turn.Leaf) && this[turn.Leaf].Role == EntryRole.Erased;

    /// <summary>A copy of the entries after one, up to another.</summary>
    public Entry[] Page(int after, int limit, int visible)
    {
        var from = Math.Clamp(after, 0, visible);
        return [.. _entries[from..(from + Math.Min(visible - from, limit))]];
    }

    /// <summary>The calls of a turn's path that have no result yet, in order.</summary>
    public List<Entry> OpenCalls(int tail, int userSeq)
    {
        var calls = new Stack<Entry>();
        var answered = new HashSet<string>(StringComparer.Ordinal);
        for (var seq = tail; seq > userSeq; seq = this[seq].Parent)
        {
            var entry = this[seq];
            if (ToolData.Read(entry) is { } data)
            {
                if (entry.Role == EntryRole.ToolResult)
                {
                    answered.Add(data.CallId);
                }
                else if (!answered.Remove(data.CallId))
                {
                    calls.Push(entry);
                }
            }
        }

        return [.. calls];
    }

    /// <summary>Where a turn that is run anew goes on: behind its last tool's result, so that no tool runs again for it; else at its user entry.</summary>
    public int ResumeAt(TurnRecord turn)
    {
        for (var seq = Count; seq > turn.UserSeq; seq--)
        {
            if (this[seq].TurnNumber == turn.Number && this[seq].Role == EntryRole.ToolResult)
            {
                return seq;
            }
        }

        return turn.UserSeq;
    }

    /// <summary>The newest entry that a turn wrote; its user entry when none.</summary>
    public int TailOf(TurnRecord turn)
    {
        for (var seq = Count; seq > turn.UserSeq; seq--)
        {
            if (this[seq].TurnNumber == turn.Number)
            {
                return seq;
            }
        }

        return turn.UserSeq;
    }

    /// <summary>Why the model ended, as its reply's entry carries it; null when it ended by itself.</summary>
    public static string? FinishOf(Entry reply)
    {
        if (reply.Role != EntryRole.Assistant || reply.Data is not { } data)
        {
            return null;
        }

        using var json = JsonDocument.Parse(data);
        return json.RootElement.TryGetProperty("finish", out var finish) ? finish.GetString() : null;
    }

    /// <summary>The words of a turn: what the agent said between its user entry and the end of its reply.</summary>
    public string ReplyOf(TurnRecord turn) => Spoken(turn.UserSeq, turn.ReplySeq);

    /// <summary>What the agent said between two entries of a path.</summary>
    public string Spoken(int after, int upTo)
    {
        if (upTo <= after)
        {
            return "";
        }

        var last = this[upTo];
        if (last.Parent == after)
        {
            return last.Role == EntryRole.Assistant ? last.Text : "";
        }

        var parts = new Stack<string>();
        for (var seq = upTo; seq > after; seq = this[seq].Parent)
        {
            if (this[seq].Role == EntryRole.Assistant)
            {
                parts.Push(this[seq].Text);
            }
        }

        return string.Concat(parts);
    }
}
