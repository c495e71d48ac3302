using System.Text;
using Microsoft.Extensions.AI;

namespace Troupe.Models;

/// <summary>Embeddings without a model: character n-grams of words, hashed into a vector with signs (feature hashing, Weinberger and others 2009; n-grams as
/// in fastText, Bojanowski and others 2017). It knows spelling, not meaning: "walks" is near "walking", and "car" is not near "automobile".
/// Deterministic over machines and versions. Thread-safe.</summary>
public sealed class HashedEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The length of each vector; its Euclidean length is 1, or 0 for a text without words.</summary>
    public const int Dimensions = 384;

    private const int ShortestGram = 3;
    private const int LongestGram = 5;
    private const int MaxLength = 32_768;
    private const float WordWeight = 2;

    private static readonly EmbeddingGeneratorMetadata Metadata = new("offline", defaultModelId: "hashed-ngrams-1", defaultModelDimensions: Dimensions);

    /// <inheritdoc/>
    /// <remarks>Of each text the first 32,768 characters count.</remarks>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options?.Dimensions is { } wanted && wanted != Dimensions)
        {
            throw new ArgumentException($"Dimensions is {wanted}; these embeddings have {Dimensions}.", nameof(options));
        }

        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            embeddings.Add(new Embedding<float>(Embed(value)) { ModelId = Metadata.DefaultModelId });
        }

        return Task.FromResult(embeddings);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? Metadata
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static float[] Embed(string text)
    {
        var counts = new Dictionary<uint, float>();
        foreach (var word in Lexicon.Words(text.Length <= MaxLength ? text : text[..MaxLength]))
        {
            var marked = Encoding.UTF8.GetBytes($"^{word}$");
            Count(counts, marked, WordWeight);
            for (var length = ShortestGram; length <= LongestGram; length++)
            {
                for (var start = 0; start + length <= marked.Length; start++)
                {
                    Count(counts, marked.AsSpan(start, length), 1);
                }
            }
        }

        var vector = new float[Dimensions];
        foreach (var (hash, count) in counts)
        {
            // A word said ten times is not ten times as much of what the text is about.
            var weight = 1 + MathF.Log(count);
            vector[hash % Dimensions] += (hash & 0x8000_0000) == 0 ? weight : -weight;
        }

        var norm = MathF.Sqrt(vector.Sum(v => v * v));
        for (var i = 0; norm > 0 && i < vector.Length; i++)
        {
            vector[i] /= norm;
        }

        return vector;
    }

    private static void Count(Dictionary<uint, float> counts, ReadOnlySpan<byte> gram, float weight)
    {
        // FNV-1a, 32 bits (Fowler, Noll, Vo), with a final mix, because its upper bits alone are weak on short inputs.
        var hash = 2_166_136_261;
        foreach (var part in gram)
        {
            hash = (hash ^ part) * 16_777_619;
        }

        hash = (hash ^ (hash >> 16)) * 0x85EB_CA6B;
        hash ^= hash >> 13;
        counts[hash] = counts.GetValueOrDefault(hash) + weight;
    }
}
