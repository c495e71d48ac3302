namespace Troupe.Caching;

/// <summary>The tags of one or several caches, by name. A tag that nothing carries any more is forgotten by itself: no load and no entry that was made under it
/// can be left over, because each holds it. Thread-safe.</summary>
public sealed class CacheTags
{
    private const int FirstCleaning = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, WeakReference<TagCell>> _cells = new(StringComparer.Ordinal);
    private readonly List<(Action<string> Voiding, Action Voided)> _listeners = [];
    private int _nextCleaning = FirstCleaning;

    /// <summary>Tags that are known at the moment.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _cells.Count;
            }
        }
    }

    /// <summary>Declares void what carries the tag: from now on it is never served, nor stored if its load began before. Takes no time, however much that is.</summary>
    public void Invalidate(string tag)
    {
        (Action<string> Voiding, Action Voided)[] listeners;
        lock (_gate)
        {
            listeners = [.. _listeners];
        }

        Array.ForEach(listeners, listener => listener.Voiding(tag));
        lock (_gate)
        {
            if (_cells.TryGetValue(tag, out var known) && known.TryGetTarget(out var cell))
            {
                cell.Invalidate();
            }
        }

        Array.ForEach(listeners, static listener => listener.Voided());
    }

    /// <summary>The tags with their generations now, which must be before the load of what will carry them.</summary>
    internal TagSet? Capture(IReadOnlyList<string>? tags)
    {
        if (tags is null || tags.Count == 0)
        {
            return null;
        }

        lock (_gate)
        {
            var cells = new TagCell[tags.Count];
            for (var i = 0; i < cells.Length; i++)
            {
                cells[i] = CellLocked(tags[i]);
            }

            return new TagSet(cells);
        }
    }

    /// <summary>Tells of each invalidation, before it holds and after.</summary>
    internal void Listen(Action<string> voiding, Action voided)
    {
        lock (_gate)
        {
            _listeners.Add((voiding, voided));
        }
    }

    internal void Unlisten(Action<string> voiding)
    {
        lock (_gate)
        {
            _listeners.RemoveAll(listener => listener.Voiding == voiding);
        }
    }

    private TagCell CellLocked(string tag)
    {
        if (_cells.TryGetValue(tag, out var known))
        {
            if (known.TryGetTarget(out var cell))
            {
                return cell;
            }

            cell = new TagCell(tag);
            known.SetTarget(cell);
            return cell;
        }

        if (_cells.Count >= _nextCleaning)
        {
            foreach (var (name, reference) in _cells)
            {
                if (!reference.TryGetTarget(out _))
                {
                    _cells.Remove(name);
                }
            }

            _nextCleaning = Math.Max(FirstCleaning, 2 * _cells.Count);
        }

        var added = new TagCell(tag);
        _cells.Add(tag, new WeakReference<TagCell>(added));
        return added;
    }
}
