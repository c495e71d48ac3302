namespace Troupe.Tests.Caching;

/// <summary>S3-FIFO as its paper writes it down (Yang and others, SOSP 2023, algorithm 1), as plainly as can be: lists, newest last.</summary>
internal sealed class SequentialS3Fifo(int capacity)
{
    private readonly Dictionary<int, int> _uses = [];
    private readonly List<int> _small = [];
    private readonly List<int> _main = [];
    private readonly List<int> _ghosts = [];

    public IEnumerable<int> Keys => _uses.Keys;

    public bool Ask(int key)
    {
        if (_uses.TryGetValue(key, out var uses))
        {
            _uses[key] = Math.Min(uses + 1, 3);
            return true;
        }

        while (_uses.Count >= capacity)
        {
            if (_small.Count >= Math.Max(1, capacity / 10) || _main.Count == 0)
            {
                EvictSmall();
            }
            else
            {
                EvictMain();
            }
        }

        (_ghosts.Remove(key) ? _main : _small).Add(key);
        _uses[key] = 0;
        return false;
    }

    public void Remove(int key)
    {
        if (_uses.Remove(key) && !_small.Remove(key))
        {
            _main.Remove(key);
        }
    }

    private void EvictSmall()
    {
        while (_small.Count > 0)
        {
            var key = _small[0];
            _small.RemoveAt(0);
            if (_uses[key] > 1)
            {
                _uses[key] = 0;
                _main.Add(key);
                continue;
            }

            _uses.Remove(key);
            _ghosts.Add(key);
            if (_ghosts.Count > Math.Max(1, capacity - (capacity / 10)))
            {
                _ghosts.RemoveAt(0);
            }

            return;
        }
    }

    private void EvictMain()
    {
        while (_main.Count > 0)
        {
            var key = _main[0];
            _main.RemoveAt(0);
            if (_uses[key] == 0)
            {
                _uses.Remove(key);
                return;
            }

            _uses[key]--;
            _main.Add(key);
        }
    }
}
