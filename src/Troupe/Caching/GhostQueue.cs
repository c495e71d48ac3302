namespace Troupe.Caching;

/// <summary>The hashes of the keys that were given up last, oldest first out. Two keys of one hash are one ghost, which costs at most a place
/// in the wrong queue.</summary>
internal sealed class GhostQueue(int capacity)
{
    /// <summary>What a ghost takes in the dictionary and in the queue, roughly.</summary>
    public const int BytesEach = 56;

    private readonly Dictionary<int, long> _places = [];
    private readonly Queue<(int Hash, long Place)> _order = new();
    private long _next;

    public long Bytes => (long)_order.Count * BytesEach;

    public void Add(int hash)
    {
        var place = _next++;
        _places[hash] = place;
        _order.Enqueue((hash, place));
        while (_places.Count > capacity)
        {
            Drop();
        }

        // What was taken leaves its place in the order behind; there may be as many of those as there are ghosts.
        if (_order.Count > 2L * capacity)
        {
            for (var left = _order.Count; left > 0; left--)
            {
                var ghost = _order.Dequeue();
                if (IsCurrent(ghost))
                {
                    _order.Enqueue(ghost);
                }
            }
        }
    }

    /// <summary>Whether a key of that hash was given up lately; it is forgotten with this.</summary>
    public bool Take(int hash) => _places.Remove(hash);

    public void Clear()
    {
        _places.Clear();
        _order.Clear();
    }

    private void Drop()
    {
        var ghost = _order.Dequeue();
        if (IsCurrent(ghost))
        {
            _places.Remove(ghost.Hash);
        }
    }

    /// <summary>One that was taken, or given up again later, is not this one any more.</summary>
    private bool IsCurrent((int Hash, long Place) ghost) => _places.TryGetValue(ghost.Hash, out var place) && place == ghost.Place;
}
