using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Server.Keys;

namespace Troupe.Server.OpenAI;

/// <summary>The embeddings that the runtime has, for every client that speaks OpenAI.</summary>
internal sealed class EmbeddingRoutes(AgentRuntime runtime)
{
    private const int MaxTexts = 2048;

    public void Map(IEndpointRouteBuilder routes) => routes.Post("/v1/embeddings", Scope.Chat, EmbedAsync);

    private async Task EmbedAsync(HttpContext context)
    {
        var generator = runtime.Embeddings ?? throw new TroupeException(ErrorKind.NotFound, "embeddings_missing", "This server has no embeddings.");
        var (texts, dimensions, packed) = await OpenAIBody.ReadAsync(context, Read);
        GeneratedEmbeddings<Embedding<float>> embeddings;
        try
        {
            embeddings = await generator.GenerateAsync(texts, new EmbeddingGenerationOptions { Dimensions = dimensions }, context.RequestAborted);
        }
        catch (ArgumentException failure)
        {
            throw OpenAIBody.Invalid($"'dimensions' is not possible: {failure.Message}", "dimensions");
        }

        // Words are counted as a provider would, where none counted them.
        var tokens = embeddings.Usage?.InputTokenCount ?? texts.Sum(t => (t.Length + 3L) / 4);
        context.Caller.Limits?.Settle(tokens);
        var name = (generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId ?? "embeddings";
        await JsonReply.WriteAsync(
            context,
            new EmbeddingList("list", [.. embeddings.Select((e, i) => new EmbeddingLine("embedding", i, packed ? Pack(e.Vector.Span) : e.Vector.ToArray()))], name, new EmbeddingUsage(tokens, tokens)),
            OpenAIJson.Default.EmbeddingList);
    }

    /// <summary>Little-endian singles as base64, which OpenAI's own clients ask for.</summary>
    private static string Pack(ReadOnlySpan<float> vector) => Convert.ToBase64String(MemoryMarshal.AsBytes(vector));

    private static (List<string> Texts, int? Dimensions, bool Packed) Read(JsonElement body)
    {
        if (!body.TryGetProperty("input", out var input))
        {
            throw OpenAIBody.Invalid("'input' is missing: a text, or an array of texts.", "input");
        }

        List<string> texts = input.ValueKind switch
        {
            JsonValueKind.String => [input.GetString()!],
            JsonValueKind.Array when input.GetArrayLength() is >= 1 and <= MaxTexts && input.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String) =>
                [.. input.EnumerateArray().Select(t => t.GetString()!)],
            _ => throw OpenAIBody.Invalid($"'input' must be a text, or an array of 1 to {MaxTexts} texts.", "input"),
        };
        texts.ForEach(t => TextRules.Check(t, "input"));
        int? dimensions = !body.TryGetProperty("dimensions", out var wanted) || wanted.ValueKind == JsonValueKind.Null ? null
            : wanted.ValueKind == JsonValueKind.Number && wanted.TryGetInt32(out var length) && length is >= 1 and <= 65_536 ? length
            : throw OpenAIBody.Invalid("'dimensions' must be a whole number from 1 to 65536.", "dimensions");
        var packed = body.TryGetProperty("encoding_format", out var format) && format.ValueKind == JsonValueKind.String && format.ValueEquals("base64");
        return (texts, dimensions, packed);
    }
}
