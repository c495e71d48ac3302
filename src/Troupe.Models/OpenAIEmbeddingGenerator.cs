using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Models;

/// <summary>The embeddings of any endpoint that speaks OpenAI's <c>/embeddings</c>. Texts go out in batches; retries, breaker, deadlines and
/// errors are those of <see cref="OpenAIChatClient"/>. Thread-safe.</summary>
public sealed class OpenAIEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int BatchSize = 256;
    private const int LargestVector = 65_536;

    private readonly OpenAIOptions _options;
    private readonly int? _dimensions;
    private readonly TimeProvider _time;
    private readonly OpenAIConnection _connection;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Makes a generator; its connections are opened when needed.</summary>
    /// <param name="options">The endpoint. <see cref="OpenAIOptions.FirstTimeout"/> is the limit of one try; what concerns the pieces of a stream is not used.</param>
    /// <param name="dimensions">The length of the vectors to ask for; null for the model's own.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="TroupeException">An option is out of range (code option_out_of_range).</exception>
    public OpenAIEmbeddingGenerator(OpenAIOptions options, int? dimensions = null, TimeProvider? time = null)
    {
        options.Validate();
        if (dimensions is < 1 or > LargestVector)
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"OpenAI dimensions is '{dimensions}'; it must be 1 to {LargestVector}.");
        }

        _options = options;
        _dimensions = dimensions;
        _time = time ?? TimeProvider.System;
        _connection = new OpenAIConnection(options, "/embeddings", _time);
        _metadata = new EmbeddingGeneratorMetadata("openai", options.BaseUrl, options.Model, dimensions);
    }

    /// <inheritdoc/>
    /// <exception cref="ModelException">The provider failed, or its answer has not one vector a text, all of one length; the code says how.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var total = new CancellationTokenSource(_options.TotalTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, cancellationToken);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        foreach (var batch in values.Chunk(BatchSize))
        {
            var body = Write(batch, options?.ModelId ?? _options.Model, options?.Dimensions ?? _dimensions);
            tokens += await _connection.ExecuteAsync(
                static (state, token) => state.This.TryAsync(state.body, state.batch.Length, state.embeddings, token, state.cancellationToken),
                (This: this, body, batch, embeddings, cancellationToken), both.Token, cancellationToken);
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static ReadOnlyMemory<byte> Write(string[] texts, string model, int? dimensions)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteStartArray("input");
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
        json.WriteString("encoding_format", "float");
        if (dimensions is { } length)
        {
            json.WriteNumber("dimensions", length);
        }

        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    /// <summary>One try. Adds the batch's vectors when all are there, and returns the tokens that were counted.</summary>
    private async ValueTask<long> TryAsync(
        ReadOnlyMemory<byte> body, int count, GeneratedEmbeddings<Embedding<float>> into, CancellationToken cancellationToken, CancellationToken caller)
    {
        using var first = new CancellationTokenSource(_options.FirstTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(first.Token, cancellationToken);
        try
        {
            using var request = _connection.Request(body, "application/json");
            using var response = await _connection.SendAsync(request, both.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw await OpenAIErrors.OfAsync(response, _options.Model, _time, both.Token);
            }

            await using var answer = new BoundedStream(await response.Content.ReadAsStreamAsync(both.Token), _options.MaxAnswerBytes, _options.Model);
            using var document = await JsonDocument.ParseAsync(answer, cancellationToken: both.Token);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            {
                throw OpenAIErrors.Of(error, _options.Model);
            }

            var vectors = Read(document.RootElement, count);
            into.AddRange(vectors.Select(v => new Embedding<float>(v) { ModelId = _options.Model, CreatedAt = _time.GetUtcNow() }));
            return document.RootElement.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
                && usage.TryGetProperty("prompt_tokens", out var counted) && counted.ValueKind == JsonValueKind.Number && counted.TryGetInt64(out var tokens)
                ? Math.Max(0, tokens)
                : 0;
        }
        catch (JsonException failure)
        {
            throw new ModelException(ModelErrorCodes.BrokenAnswer, $"The embeddings of the model '{_options.Model}' are no JSON.", failure) { IsTransient = true };
        }
        catch (Exception failure) when (failure is not ModelException)
        {
            throw _connection.Translate(failure, first.IsCancellationRequested, cancellationToken, caller);
        }
    }

    private float[][] Read(JsonElement answer, int count)
    {
        var vectors = new float[count][];
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array || data.GetArrayLength() != count)
        {
            throw Broken($"has not one vector for each of {count} texts");
        }

        var place = 0;
        foreach (var item in data.EnumerateArray())
        {
            // Where the items say their index, that counts, not their order.
            var index = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("index", out var said) && said.ValueKind == JsonValueKind.Number && said.TryGetInt32(out var at) ? at : place;
            if (index < 0 || index >= count || vectors[index] is not null || !item.TryGetProperty("embedding", out var embedding) || embedding.ValueKind != JsonValueKind.Array
                || embedding.GetArrayLength() is 0 or > LargestVector)
            {
                throw Broken("has not one vector for each text");
            }

            vectors[index] = [.. embedding.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetSingle(out var number) && float.IsFinite(number) ? number : throw Broken("has what is no number in a vector"))];
            if (vectors[index].Length != data[0].GetProperty("embedding").GetArrayLength())
            {
                throw Broken("has vectors of different lengths");
            }

            place++;
        }

        return vectors;
    }

    private ModelException Broken(string what) => new(ModelErrorCodes.BrokenAnswer, $"The answer of the model '{_options.Model}' {what}.");
}
