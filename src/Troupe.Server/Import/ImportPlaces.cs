namespace Troupe.Server.Import;

/// <summary>Bounds the files that are received and read at once: of everybody, and of one owner. Thread-safe.</summary>
internal sealed class ImportPlaces
{
    private const int MaxOfAll = 32;
    private const int MaxOfOwner = 4;
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _byOwner = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>Takes a place, which is free again when what is returned is disposed.</summary>
    /// <exception cref="TroupeException">There is none (codes too_many_imports, imports_full).</exception>
    public IDisposable Take(string owner)
    {
        lock (_gate)
        {
            var own = _byOwner.GetValueOrDefault(owner);
            if (own == MaxOfOwner)
            {
                throw new TroupeException(ErrorKind.TooMany, "too_many_imports", $"{MaxOfOwner} files of yours are being imported. Send the next when one of them is done.") { RetryAfter = Later };
            }

            if (_all == MaxOfAll)
            {
                throw new TroupeException(ErrorKind.Unavailable, "imports_full", "As many files are being imported as may be. Try again in a few seconds.") { RetryAfter = Later };
            }

            _byOwner[owner] = own + 1;
            _all++;
            return new Place(this, owner);
        }
    }

    private void Leave(string owner)
    {
        lock (_gate)
        {
            _all--;
            if (--_byOwner[owner] == 0)
            {
                _byOwner.Remove(owner);
            }
        }
    }

    private sealed class Place(ImportPlaces places, string owner) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _left, true))
            {
                places.Leave(owner);
            }
        }
    }
}
