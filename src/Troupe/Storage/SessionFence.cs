namespace Troupe.Storage;

/// <summary>Ties the operations of one loaded session together: when one fails, those behind it fail too, because they were made on
/// a state that is not on disk. The session is then loaded anew.</summary>
public sealed class SessionFence
{
    private Exception? _cause;

    /// <summary>Why the fence is broken; null while it holds.</summary>
    public Exception? Cause => Volatile.Read(ref _cause);

    internal void Break(Exception cause) => Interlocked.CompareExchange(ref _cause, cause, null);
}
