using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>A remark of the host to a session.</summary>
/// <param name="Text">The words, for people.</param>
/// <param name="Data">A JSON object, for the app that wrote it; null for none.</param>
/// <param name="With">What is written in the same transaction; null for nothing.</param>
public sealed record Remark(string Text, string? Data = null, StoreOperation? With = null);
