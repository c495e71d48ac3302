namespace Troupe.Storage;

/// <summary>Room in the journal for one turn: for its input now and for its reply later, so that a reply that was paid for is never
/// refused. Dispose it when the turn is over or was never accepted; disposing twice does nothing.</summary>
public sealed class JournalRoom : IDisposable
{
    private readonly Journal _journal;
    private int _slotBytes;
    private bool _disposed;

    internal JournalRoom(Journal journal, int slotBytes)
    {
        _journal = journal;
        _slotBytes = slotBytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _journal.Release(TakeSlot(), turn: true);
        }
    }

    /// <summary>The bytes of the input's place, once; 0 afterwards.</summary>
    internal int TakeSlot() => Interlocked.Exchange(ref _slotBytes, 0);
}
