namespace Troupe.Storage;

/// <summary>Where words were found.</summary>
/// <param name="Session">The session's number.</param>
/// <param name="Seq">The entry.</param>
/// <param name="Excerpt">What stands around them, as <see cref="SearchPhrase.Excerpt"/> cuts it.</param>
public sealed record FoundEntry(long Session, int Seq, string Excerpt);
