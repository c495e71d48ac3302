using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Troupe.Server.OpenAI;

namespace Troupe.Server.Http;

/// <summary>Errors to answers: a problem document on our own routes, OpenAI's error object below /v1.</summary>
internal static class Problems
{
    public static int StatusOf(TroupeException error) => error.Kind switch
    {
        ErrorKind.Invalid => error.Code switch
        {
            "body_too_large" or "message_too_long" => StatusCodes.Status413PayloadTooLarge,
            "media_type_unsupported" => StatusCodes.Status415UnsupportedMediaType,
            "key_missing" or "key_unknown" or "login_ended" => StatusCodes.Status401Unauthorized,
            "scope_missing" or "antiforgery_missing" => StatusCodes.Status403Forbidden,
            "method_not_allowed" => StatusCodes.Status405MethodNotAllowed,
            _ => StatusCodes.Status400BadRequest,
        },
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.KeyReused => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.TooMany => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.Provider => StatusCodes.Status502BadGateway,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static Task WriteAsync(HttpContext context, TroupeException error)
    {
        var status = StatusOf(error);
        var response = context.Response;
        response.StatusCode = status;
        if (error.RetryAfter is { } after)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"troupe\"";
        }

        if (context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
        {
            return JsonReply.WriteAsync(context, OpenAIErrorBody.Of(error, status), ServerJson.Default.OpenAIErrorBody);
        }

        var problem = new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, error.Message, error.Code, error.Member);
        return JsonReply.WriteAsync(context, problem, ServerJson.Default.Problem, "application/problem+json");
    }
}
