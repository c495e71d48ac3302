namespace Troupe.Chat;

/// <summary>How answers may be used again. What does not ask for it is never cached, nor merged with another call. Immutable.</summary>
public sealed record AnswerCaching
{
    /// <summary>Who may be given the answer.</summary>
    public required AnswerScope Scope { get; init; }

    /// <summary>Whether one sample is as good as another: without it only answers at temperature 0 are used again. A temperature that is not said is not 0. Default no.</summary>
    public bool ReuseSamples { get; init; }

    /// <summary>Only what is said first in a session, whose prompt depends on nothing that was said before. Default no.</summary>
    public bool FirstTurnOnly { get; init; }

    /// <summary>How long an answer may be used again; null for the catalog's time.</summary>
    public TimeSpan? TimeToLive { get; init; }
}
