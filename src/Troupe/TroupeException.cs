using System.Globalization;

namespace Troupe;

/// <summary>The one family of errors. The message carries the offending value and the way out, and never a secret.</summary>
/// <param name="kind">What a caller can do about it.</param>
/// <param name="code">A stable snake_case code, part of the contract.</param>
/// <param name="message">A sentence for a person.</param>
/// <param name="inner">The cause, if any; it is logged, never shown to a client.</param>
public class TroupeException(ErrorKind kind, string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What a caller can do about it.</summary>
    public ErrorKind Kind { get; } = kind;

    /// <summary>A stable snake_case code.</summary>
    public string Code { get; } = code;

    /// <summary>When another try makes sense; null when that is not known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The member of the request that is at fault, as a JSON path; null when no single one is.</summary>
    public string? Member { get; init; }

    /// <summary>Refuses an option that is out of its range, with its name, its value and the range.</summary>
    /// <param name="good">Whether it is within.</param>
    /// <param name="whose">Whose option it is, to the verb: <c>The agent pool has</c>.</param>
    /// <param name="name">The option.</param>
    /// <param name="value">Its value.</param>
    /// <param name="range">What it must be.</param>
    internal static void CheckOption(bool good, string whose, string name, object? value, string range)
    {
        if (!good)
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", string.Create(CultureInfo.InvariantCulture, $"{whose} {name} {value}; it must be {range}."));
        }
    }

    internal static TroupeException NoSuchSession(string id) =>
        new(ErrorKind.NotFound, "session_not_found", $"There is no session '{id}'. List your sessions, or create one.");

    internal static TroupeException NoSuchTurn(string turn) =>
        new(ErrorKind.NotFound, "turn_not_found", $"There is no turn '{turn}' in this session.");

    internal static TroupeException KeyReused() =>
        new(ErrorKind.KeyReused, "idempotency_key_reused", "This Idempotency-Key was already used with another body. Use a new key for a new request.");
}
