using Microsoft.Extensions.AI;
using Troupe.Models;

namespace Troupe.Tests.Models;

public sealed class HashedEmbeddingTests
{
    private readonly HashedEmbeddingGenerator _generator = new();

    [Fact]
    public async Task Texts_that_share_words_are_nearer_than_texts_that_do_not()
    {
        var (asked, near, far) = (await EmbedAsync("Where do I walk my dog?"), await EmbedAsync("The dog was walking in the park."), await EmbedAsync("Interest rates rose again."));

        Assert.True(Similarity(asked, near) > Similarity(asked, far) + 0.2f);
    }

    [Fact]
    public async Task A_misspelled_word_is_still_near_its_own() =>
        Assert.True(Similarity(await EmbedAsync("appendicitis"), await EmbedAsync("apendicitis")) > 0.4f);

    [Fact]
    public async Task The_same_text_has_the_same_vector_of_length_one_whoever_asks_with_it()
    {
        var together = await _generator.GenerateAsync(["One door.", "Two doors.", "One door."], cancellationToken: Limits.Token);

        Assert.Equal(together[0].Vector.ToArray(), together[2].Vector.ToArray());
        Assert.Equal(together[1].Vector.ToArray(), (await EmbedAsync("Two doors.")).ToArray());
        Assert.All(together, e => Assert.Equal(1, Similarity(e.Vector, e.Vector), 4));
        Assert.All(together, e => Assert.Equal(HashedEmbeddingGenerator.Dimensions, e.Vector.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?!… ,")]
    public async Task A_text_without_words_is_near_to_nothing(string text) => Assert.All((await EmbedAsync(text)).ToArray(), v => Assert.Equal(0, v));

    [Fact]
    public async Task Other_dimensions_are_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 8 }, Limits.Token));

    // Written down, because stored vectors must mean the same in the next version.
    [Fact]
    public async Task The_hash_is_what_it_always_was()
    {
        var vector = (await EmbedAsync("door")).ToArray();
        var places = Enumerable.Range(0, vector.Length).Where(i => vector[i] != 0).ToList();

        Assert.Equal(Expected, string.Join(' ', places.Select(i => $"{i}{(vector[i] > 0 ? '+' : '-')}")));
    }

    private const string Expected = "54+ 80- 105- 117- 148- 247- 258- 305- 344- 374+";

    private async Task<ReadOnlyMemory<float>> EmbedAsync(string text) => (await _generator.GenerateAsync([text], cancellationToken: Limits.Token))[0].Vector;

    private static float Similarity(ReadOnlyMemory<float> a, ReadOnlyMemory<float> b) => a.ToArray().Zip(b.ToArray(), (x, y) => x * y).Sum();
}
