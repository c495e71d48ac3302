namespace Troupe.Storage;

/// <summary>The disk failed while committing: what of the batch is written is unknown. The store writes nothing more; restart the
/// process, which reads what is there.</summary>
public sealed class StoreFaultedException(string message, Exception? inner = null)
    : TroupeException(ErrorKind.Unavailable, "store_faulted", message, inner);
