namespace Troupe.Sessions;

/// <summary>Why a turn failed: a stable code and a sentence for a person.</summary>
public sealed record TurnError(string Code, string Message);
