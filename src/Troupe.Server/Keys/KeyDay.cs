namespace Troupe.Server.Keys;

/// <summary>What a key has used of its day (UTC).</summary>
/// <param name="Owner">Whose key it is.</param>
/// <param name="Tokens">Tokens since the day, or the server, began.</param>
/// <param name="Limit">How many there may be.</param>
public sealed record KeyDay(string Owner, long Tokens, long Limit);
