namespace Troupe.Server.Import;

/// <summary>What a file yields: conversations, and places that could not be read.</summary>
internal abstract record ImportItem
{
    private ImportItem()
    {
    }

    /// <summary>A conversation and its place in the file.</summary>
    internal sealed record Taken(Conversation Conversation, string Where) : ImportItem;

    /// <summary>A place that is left out, and why.</summary>
    internal sealed record Refused(string Where, string Reason) : ImportItem;
}
