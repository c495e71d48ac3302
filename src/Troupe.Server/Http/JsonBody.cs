using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Troupe.Server.Http;

/// <summary>Reads a request's JSON strictly: what is unknown, given twice, of another type or too deep is refused with its place.</summary>
public static class JsonBody
{
    /// <summary>The body as a value.</summary>
    /// <exception cref="TroupeException">The body is refused (codes body_too_large, media_type_unsupported, json_invalid, member_unknown,
    /// member_repeated, member_invalid).</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        RequireJson(context.Request);
        while (true)
        {
            var read = await ReadBodyAsync(context, cancellationToken);
            if (read.IsCompleted)
            {
                try
                {
                    return Parse(read.Buffer, type);
                }
                finally
                {
                    // Also when it is refused: a body that is left in the middle of a read costs the client its connection.
                    context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                }
            }

            context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Refuses a media type that is not JSON; a missing one passes.</summary>
    internal static void RequireJson(HttpRequest request)
    {
        if (request.ContentType is { Length: > 0 } type && !request.HasJsonContentType())
        {
            throw NoJson(type);
        }
    }

    internal static TroupeException NoJson(string? type) =>
        new(ErrorKind.Invalid, "media_type_unsupported", $"The body is '{Shorten(type ?? "")}'; send it with 'Content-Type: application/json'.");

    /// <summary>Refuses a media type that a route does not take, whatever it takes.</summary>
    internal static TroupeException NotTaken(string? type) => new(
        ErrorKind.Invalid, "media_type_unsupported",
        $"The body is '{Shorten(type ?? "")}', which is not taken here. Send JSON with 'Content-Type: application/json'; /openapi/v1.json says what else a route takes.");

    internal static async ValueTask<System.IO.Pipelines.ReadResult> ReadBodyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await context.Request.BodyReader.ReadAsync(cancellationToken);
        }
        catch (BadHttpRequestException failure) when (failure.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
            throw new TroupeException(ErrorKind.Invalid, "body_too_large", $"The body is larger than {limit} bytes. Send less.");
        }
    }

    private static T Parse<T>(ReadOnlySequence<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = type.Options.MaxDepth });
            var value = JsonSerializer.Deserialize(ref reader, type) ?? throw Invalid("json_invalid", "The body is null; it must be an object.", null);
            while (reader.Read())
            {
                // A second value throws, as it should.
            }

            return value;
        }
        catch (JsonException failure)
        {
            throw Explain(body, type, failure);
        }
    }

    /// <summary>Says what exactly is wrong; only on the way to an error, so it may read the body again.</summary>
    private static TroupeException Explain<T>(ReadOnlySequence<byte> body, JsonTypeInfo<T> type, JsonException failure)
    {
        var known = type.Properties.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = type.Options.MaxDepth });
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }

                var name = reader.GetString()!;
                if (!known.Contains(name))
                {
                    return Invalid("member_unknown", $"The member '{Shorten(name)}' is unknown here. Known are: {string.Join(", ", known)}.", Shorten(name));
                }

                if (!seen.Add(name))
                {
                    return Invalid("member_repeated", $"The member '{name}' is given twice. Give it once.", name);
                }
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            var at = broken as JsonException ?? failure;
            return Invalid(
                "json_invalid",
                string.Create(CultureInfo.InvariantCulture, $"The body is not valid JSON at line {(at.LineNumber ?? 0) + 1}, byte {at.BytePositionInLine ?? 0}, or is nested deeper than {type.Options.MaxDepth}."),
                null);
        }

        var member = failure.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? Shorten(path[2..]) : null;
        var missing = type.Properties.Where(p => p.IsRequired && !seen.Contains(p.Name)).Select(p => p.Name).ToList();
        return missing.Count > 0
            ? Invalid("member_missing", $"The member '{missing[0]}' is missing.", missing[0])
            : Invalid("member_invalid", $"The member '{member ?? "(the body itself)"}' has a value of the wrong kind.", member);
    }

    private static string Shorten(string name) => name.Length <= 80 ? name : TextRules.Mend(name[..80]);

    private static TroupeException Invalid(string code, string message, string? member) => new(ErrorKind.Invalid, code, message) { Member = member };
}
