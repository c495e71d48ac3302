namespace Troupe.Server.Import;

/// <summary>A conversation, or a whole file, that cannot be taken: the reason and the way out, for people.</summary>
internal sealed class UnreadableException(string reason) : Exception(reason)
{
    /// <summary>The place inside; null for the whole.</summary>
    public string? Where { get; init; }
}
