namespace Troupe.Bench.Caching;

/// <summary>S3-FIFO as its paper writes it down (Yang and others, SOSP 2023, algorithm 1), for one thread and without values: what the cache is compared with.</summary>
internal sealed class SequentialS3Fifo(int capacity)
{
    private readonly int _smallCapacity = Math.Max(1, capacity / 10);
    private readonly int _ghostCapacity = Math.Max(1, capacity - (capacity / 10));
    private readonly Dictionary<int, int> _uses = [];
    private readonly Queue<int> _small = new();
    private readonly Queue<int> _main = new();
    private readonly LinkedList<int> _ghosts = [];
    private readonly Dictionary<int, LinkedListNode<int>> _ghostPlaces = [];

    /// <summary>Asks for a key; true when it is there.</summary>
    public bool Ask(int key)
    {
        if (_uses.TryGetValue(key, out var uses))
        {
            _uses[key] = Math.Min(uses + 1, 3);
            return true;
        }

        while (_uses.Count >= capacity)
        {
            Evict();
        }

        if (_ghostPlaces.Remove(key, out var ghost))
        {
            _ghosts.Remove(ghost);
            _main.Enqueue(key);
        }
        else
        {
            _small.Enqueue(key);
        }

        _uses[key] = 0;
        return false;
    }

    private void Evict()
    {
        if (_small.Count >= _smallCapacity || _main.Count == 0)
        {
            EvictSmall();
        }
        else
        {
            EvictMain();
        }
    }

    private void EvictSmall()
    {
        while (_small.TryDequeue(out var key))
        {
            if (_uses[key] > 1)
            {
                _uses[key] = 0;
                _main.Enqueue(key);
                continue;
            }

            _uses.Remove(key);
            _ghostPlaces[key] = _ghosts.AddLast(key);
            if (_ghosts.Count > _ghostCapacity)
            {
                _ghostPlaces.Remove(_ghosts.First!.Value);
                _ghosts.RemoveFirst();
            }

            return;
        }
    }

    private void EvictMain()
    {
        while (_main.TryDequeue(out var key))
        {
            if (_uses[key] == 0)
            {
                _uses.Remove(key);
                return;
            }

            _uses[key]--;
            _main.Enqueue(key);
        }
    }
}
