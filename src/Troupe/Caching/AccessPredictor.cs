namespace Troupe.Caching;

/// <summary>Learns which key follows which in each stream of accesses (a user's, say), and says what is likely next, to be loaded ahead: a Markov chain of the first order. Bounded in keys, in
/// successors of a key and in streams; counts are halved when they grow, so that what has changed is learned. Thread-safe.</summary>
/// <param name="maxKeys">Keys whose successors are known at most, and streams, 1 to 1,000,000; the oldest go. Default 10,000.</param>
/// <param name="comparer">Of keys. Default by their own equality.</param>
public sealed class AccessPredictor<TKey>(int maxKeys = 10_000, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private const int MaxSuccessors = 8;
    private const int MaxCount = 1 << 16;

    private readonly int _maxKeys = maxKeys is >= 1 and <= 1_000_000
        ? maxKeys
        : throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"The predictor has {maxKeys} keys; it must be 1 to 1,000,000.");

    private readonly IEqualityComparer<TKey> _comparer = comparer ?? EqualityComparer<TKey>.Default;
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Successors> _successors = new(comparer);
    private readonly Queue<TKey> _keys = new();
    private readonly Dictionary<string, TKey> _last = new(StringComparer.Ordinal);
    private readonly Queue<string> _streams = new();

    /// <summary>Takes note of an access.</summary>
    /// <param name="stream">Whose it is: accesses of one follow each other.</param>
    /// <param name="key">What is asked for.</param>
    /// <param name="leastShare">How often a key must have followed to be said, as a share of all that followed, 0 to 1. Default 0.3.</param>
    /// <returns>What is likely next, likeliest first; nothing before a key has followed twice.</returns>
    public IReadOnlyList<TKey> Record(string stream, TKey key, double leastShare = 0.3)
    {
        lock (_gate)
        {
            if (_last.TryGetValue(stream, out var former))
            {
                if (!_comparer.Equals(former, key))
                {
                    SuccessorsLocked(former).Add(key, _comparer);
                }
            }
            else
            {
                _streams.Enqueue(stream);
                if (_streams.Count > _maxKeys)
                {
                    _last.Remove(_streams.Dequeue());
                }
            }

            _last[stream] = key;
            return _successors.TryGetValue(key, out var known) ? known.Likely(leastShare) : [];
        }
    }

    private Successors SuccessorsLocked(TKey key)
    {
        if (_successors.TryGetValue(key, out var known))
        {
            return known;
        }

        _keys.Enqueue(key);
        if (_keys.Count > _maxKeys)
        {
            _successors.Remove(_keys.Dequeue());
        }

        return _successors[key] = new Successors();
    }

    /// <summary>What followed one key, and how often.</summary>
    private sealed class Successors
    {
        private readonly List<(TKey Key, int Count)> _counts = [];

        public void Add(TKey key, IEqualityComparer<TKey> comparer)
        {
            var at = _counts.FindIndex(c => comparer.Equals(c.Key, key));
            if (at >= 0)
            {
                _counts[at] = (key, _counts[at].Count + 1);
            }
            else if (_counts.Count < MaxSuccessors)
            {
                _counts.Add((key, 1));
                return;
            }
            else
            {
                // The rarest makes room, and leaves its count: else what is new could never stay.
                var rarest = _counts.MinBy(c => c.Count);
                _counts[_counts.IndexOf(rarest)] = (key, rarest.Count + 1);
                return;
            }

            if (_counts[at].Count >= MaxCount)
            {
                for (var i = 0; i < _counts.Count; i++)
                {
                    _counts[i] = (_counts[i].Key, _counts[i].Count / 2);
                }
            }
        }

        public List<TKey> Likely(double leastShare)
        {
            var all = _counts.Sum(c => c.Count);
            return [.. _counts.Where(c => c.Count >= 2 && c.Count >= leastShare * all).OrderByDescending(c => c.Count).Select(c => c.Key)];
        }
    }
}
