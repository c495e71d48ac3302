using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>How the model's work on a turn came out.</summary>
/// <param name="State">Completed, cancelled or failed.</param>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Data">What the reply's entry carries beside words, a JSON object; null for nothing.</param>
/// <param name="Cached">Whether all of it was computed before.</param>
/// <param name="CostMicros">What it cost, in millionths.</param>
public sealed record TurnOutcome(
    TurnState State, long InputTokens = 0, long OutputTokens = 0, TurnError? Error = null, string? Data = null, bool Cached = false, long CostMicros = 0);
