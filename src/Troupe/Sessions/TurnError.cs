namespace Troupe.Sessions;

/// <summary>Why a turn failed: a stable code and a sentence for a person.</summary>
public sealed record TurnError(string Code, string Message)
{
    /// <summary>When another try makes sense; null when that is not known, as for a turn that ended before the last start.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The error for who does not get the turn as an answer.</summary>
    public TroupeException ToException() => new(Code == "budget_exceeded" ? ErrorKind.TooMany : ErrorKind.Provider, Code, Message) { RetryAfter = RetryAfter };
}
