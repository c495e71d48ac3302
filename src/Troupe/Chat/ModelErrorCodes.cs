namespace Troupe.Chat;

/// <summary>The codes of a <see cref="ModelException"/>.</summary>
public static class ModelErrorCodes
{
    /// <summary>The provider asks for patience.</summary>
    public const string RateLimited = "model_rate_limited";

    /// <summary>The provider cannot be reached, or fails by itself.</summary>
    public const string Unavailable = "model_unavailable";

    /// <summary>No answer in time.</summary>
    public const string Timeout = "model_timeout";

    /// <summary>The provider refused the key.</summary>
    public const string Unauthorized = "model_unauthorized";

    /// <summary>The provider refused the request.</summary>
    public const string Refused = "model_request_refused";

    /// <summary>The request is longer than the model takes.</summary>
    public const string TooLong = "model_context_exceeded";

    /// <summary>The answer broke off or was not in the protocol.</summary>
    public const string BrokenAnswer = "model_answer_broken";

    /// <summary>Calls are held back because the provider kept failing.</summary>
    public const string CircuitOpen = "model_circuit_open";
}
