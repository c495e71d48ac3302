namespace Troupe.Agents;

/// <summary>A limit of spending, or what an owner has spent of one.</summary>
/// <param name="Scope">What it is for.</param>
/// <param name="Owner">Who has spent; null for the limit itself, which holds for everybody.</param>
/// <param name="Agent">The agent whose limit it is; null for the host's.</param>
/// <param name="Tokens">Tokens spent; null for the limit itself.</param>
/// <param name="MaxTokens">Tokens at most; null for no limit.</param>
/// <param name="Micros">Millionths of money spent; null for the limit itself.</param>
/// <param name="MaxMicros">Millionths of money at most; null for no limit.</param>
public sealed record BudgetStanding(BudgetScope Scope, string? Owner, string? Agent, long? Tokens, long? MaxTokens, long? Micros, long? MaxMicros);
