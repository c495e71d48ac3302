using System.Text.Json.Serialization;

namespace Troupe.Server.OpenAI;

/// <summary>OpenAI's error object.</summary>
internal sealed record OpenAIErrorBody(OpenAIErrorBody.Details Error)
{
    public static OpenAIErrorBody Of(TroupeException error, int status) => new(new Details(
        error.Message,
        status switch
        {
            401 or 403 => "authentication_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        },
        error.Member,
        error.Code switch
        {
            "key_missing" or "key_unknown" => "invalid_api_key",
            "model_context_exceeded" => "context_length_exceeded",
            _ => error.Code,
        }));

    internal sealed record Details(string Message, string Type, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param, string Code);
}
