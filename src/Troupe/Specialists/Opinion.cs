namespace Troupe.Specialists;

/// <summary>What one specialist said.</summary>
/// <param name="Agent">The specialist.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Text">Its answer; empty unless given.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Error">Why it failed or was late, for an operator; null when given.</param>
/// <param name="IsCached">Whether the answer had been computed before.</param>
public sealed record Opinion(string Agent, OpinionStatus Status, string Text, TimeSpan Duration, string? Error = null, bool IsCached = false);
