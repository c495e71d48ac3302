namespace Troupe;

/// <summary>What a caller can do about an error. A server maps each kind to one HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>The input is wrong; the same input will be refused again.</summary>
    Invalid,

    /// <summary>There is no such thing, or it belongs to somebody else.</summary>
    NotFound,

    /// <summary>The thing is in a state that does not allow this now.</summary>
    Conflict,

    /// <summary>The same idempotency key came with another body.</summary>
    KeyReused,

    /// <summary>The caller's own limit is reached; see <see cref="TroupeException.RetryAfter"/>.</summary>
    TooMany,

    /// <summary>The host is full, stopping or cannot write; temporary.</summary>
    Unavailable,

    /// <summary>A model's provider failed.</summary>
    Provider,

    /// <summary>The data folder or the settings do not allow a start.</summary>
    Setup,
}
