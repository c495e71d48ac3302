using System.Net;
using System.Text.Json;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>A provider's errors, in our words only: its own may echo a key or what people said.</summary>
internal static class OpenAIErrors
{
    private const int MaxBody = 64 * 1024;

    /// <summary>The error of an answer that is not success.</summary>
    public static async Task<ModelException> OfAsync(HttpResponseMessage response, string model, TimeProvider time, CancellationToken cancellationToken)
    {
        var code = await ReadCodeAsync(response, cancellationToken);
        var status = (int)response.StatusCode;
        var hint = code is null ? $"HTTP {status}" : $"HTTP {status}, {code}";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(
                ModelErrorCodes.Unauthorized, $"The provider of the model '{model}' refused the key ({hint}). Check the configured key and its rights."),
            HttpStatusCode.RequestEntityTooLarge => TooLong(model, hint),
            _ when code is "context_length_exceeded" => TooLong(model, hint),
            HttpStatusCode.TooManyRequests => new(
                ModelErrorCodes.RateLimited, $"The provider of the model '{model}' asks for patience ({hint}).")
            {
                IsTransient = code is not "insufficient_quota",
                RetryAfter = RetryAfterOf(response, time),
            },
            HttpStatusCode.RequestTimeout => new(
                ModelErrorCodes.Timeout, $"The provider of the model '{model}' took too long ({hint}).")
            {
                IsTransient = true,
            },
            _ when status >= 500 => new(
                ModelErrorCodes.Unavailable, $"The provider of the model '{model}' failed ({hint}).")
            {
                IsTransient = true,
                RetryAfter = RetryAfterOf(response, time),
            },
            _ => new(ModelErrorCodes.Refused, $"The provider refused the request to the model '{model}' ({hint})."),
        };
    }

    /// <summary>The error object inside an answer that began as success.</summary>
    public static ModelException Of(JsonElement error, string model)
    {
        var code = CodeOf(error);
        var hint = code is null ? "" : $" ({code})";
        return code switch
        {
            "rate_limit_exceeded" or "rate_limit_error" => new(ModelErrorCodes.RateLimited, $"The provider of the model '{model}' asks for patience{hint}.") { IsTransient = true },
            "context_length_exceeded" => TooLong(model, code),
            _ => new(ModelErrorCodes.Unavailable, $"The provider of the model '{model}' failed while answering{hint}.") { IsTransient = true },
        };
    }

    private static ModelException TooLong(string model, string hint) =>
        new(ModelErrorCodes.TooLong, $"The request is longer than the model '{model}' takes ({hint}). Shorten it, or set the model's context size.");

    private static TimeSpan? RetryAfterOf(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };

    private static async Task<string?> ReadCodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[MaxBody];
            var length = await body.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false, cancellationToken);
            using var document = JsonDocument.Parse(buffer.AsMemory(0, length));
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("error", out var error) ? CodeOf(error) : null;
        }
        catch (Exception failure) when (failure is JsonException or HttpRequestException or IOException or InvalidDataException or InvalidOperationException)
        {
            // The status says enough: a body that is no JSON, badly packed, or has half a surrogate pair must not hide it.
            return null;
        }
    }

    /// <summary>The error's code or type, if it looks like an identifier.</summary>
    private static string? CodeOf(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var name in (ReadOnlySpan<string>)["code", "type"])
        {
            if (error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: > 0 and <= 40 } code && code.All(c => char.IsAsciiLetterLower(c) || c == '_'))
            {
                return code;
            }
        }

        return null;
    }
}
