using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Troupe.Server.Http;

namespace Troupe.Server.OpenAI;

/// <summary>Reads a request's body as tolerantly as OpenAI does.</summary>
internal static class OpenAIBody
{
    private const int MaxDepth = 64;

    public static async Task<T> ReadAsync<T>(HttpContext context, Func<JsonElement, T> reader)
    {
        JsonBody.RequireJson(context.Request);
        while (true)
        {
            var read = await JsonBody.ReadBodyAsync(context, context.RequestAborted);
            if (!read.IsCompleted)
            {
                context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            try
            {
                using var body = JsonDocument.Parse(read.Buffer, new JsonDocumentOptions { MaxDepth = MaxDepth });
                return body.RootElement.ValueKind == JsonValueKind.Object ? reader(body.RootElement) : throw Invalid("The body must be a JSON object.", null);
            }
            catch (InvalidOperationException)
            {
                throw new TroupeException(ErrorKind.Invalid, "invalid_json", "The body has half a surrogate pair or bytes that are not UTF-8, which is not text.");
            }
            catch (JsonException failure)
            {
                throw new TroupeException(
                    ErrorKind.Invalid, "invalid_json", $"The body is not valid JSON at line {(failure.LineNumber ?? 0) + 1}, byte {failure.BytePositionInLine ?? 0}, or is nested deeper than {MaxDepth}.");
            }
            finally
            {
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            }
        }
    }

    /// <summary>A member that is not as it must be.</summary>
    public static TroupeException Invalid(string message, string? member) => new(ErrorKind.Invalid, "invalid_request", message) { Member = member };
}
