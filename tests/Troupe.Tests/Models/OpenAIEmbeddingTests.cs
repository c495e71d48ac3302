using Troupe.Chat;
using Troupe.Models;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

public sealed class OpenAIEmbeddingTests : ProviderTests
{
    [Fact]
    public async Task Each_text_gets_its_vector_by_the_index_that_the_provider_says()
    {
        await using var provider = await StartAsync(Status(
            200, """{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0.5]}],"usage":{"prompt_tokens":7}}""", ("Content-Type", "application/json")));
        using var generator = new OpenAIEmbeddingGenerator(Options(provider), dimensions: 2, Time);

        var embeddings = await generator.GenerateAsync(["one", "two"], cancellationToken: Limits.Token).Soon();

        Assert.Equal([1, 0.5f], embeddings[0].Vector.ToArray());
        Assert.Equal([0, 1], embeddings[1].Vector.ToArray());
        Assert.Equal(7, embeddings.Usage!.InputTokenCount);
        var request = await provider.NextAsync();
        Assert.Equal("/v1/embeddings", request.Path);
        Assert.Equal("""{"model":"m","input":["one","two"],"encoding_format":"float","dimensions":2}""", request.Body);
        Assert.Equal($"Bearer {Key}", request.Headers["Authorization"]);
    }

    [Fact]
    public async Task More_texts_than_a_batch_go_out_in_several_requests()
    {
        await using var provider = await StartAsync(Answer(256), Answer(44));
        using var generator = new OpenAIEmbeddingGenerator(Options(provider), time: Time);

        var embeddings = await generator.GenerateAsync(Enumerable.Range(0, 300).Select(i => $"text {i}"), cancellationToken: Limits.Token).Soon();

        Assert.Equal(300, embeddings.Count);
        Assert.Equal(2, provider.Count);

        static Func<Exchange, Task> Answer(int count) => Status(200, $$"""{"data":[{{string.Join(',', Enumerable.Repeat("""{"embedding":[1]}""", count))}}]}""");
    }

    [Theory]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":["x"]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1e999]}]}""")]
    [InlineData("""{"data":[{"index":0},7]}""")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    public async Task A_wrong_answer_never_looks_right(string body)
    {
        await using var provider = await StartAsync(Status(200, body));
        using var generator = new OpenAIEmbeddingGenerator(Options(provider), time: Time);

        var failure = await Assert.ThrowsAsync<ModelException>(() => generator.GenerateAsync(["one", "two"], cancellationToken: Limits.Token).Soon());

        Assert.Equal(ModelErrorCodes.BrokenAnswer, failure.Code);
    }

    [Theory]
    [InlineData(401, ModelErrorCodes.Unauthorized)]
    [InlineData(429, ModelErrorCodes.RateLimited)]
    [InlineData(500, ModelErrorCodes.Unavailable)]
    [InlineData(400, ModelErrorCodes.Refused)]
    public async Task A_refusal_has_the_codes_of_every_model_and_no_key(int status, string code)
    {
        await using var provider = await StartAsync(Status(status, "{\"error\":{\"message\":\"the key " + Key + " is bad\"}}"));
        using var generator = new OpenAIEmbeddingGenerator(Options(provider), time: Time);

        var failure = await Assert.ThrowsAsync<ModelException>(() => generator.GenerateAsync(["one"], cancellationToken: Limits.Token).Soon());

        Assert.Equal(code, failure.Code);
        Assert.DoesNotContain(Key, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_passes_is_tried_again_and_one_that_hangs_ends()
    {
        await using var provider = await StartAsync(Status(503), Status(200, """{"data":[{"embedding":[1]}]}"""), exchange => exchange.HangAsync());
        using var generator = new OpenAIEmbeddingGenerator(Options(provider) with { MaxRetries = 1, RetryDelay = TimeSpan.Zero }, time: Time);
        Assert.Single(await generator.GenerateAsync(["one"], cancellationToken: Limits.Token).Soon());

        using var once = new OpenAIEmbeddingGenerator(Options(provider), time: Time);
        var hanging = once.GenerateAsync(["one"], cancellationToken: Limits.Token);
        for (var i = 0; i < 3; i++)
        {
            await provider.NextAsync();
        }

        Time.Advance(First);
        Assert.Equal(ModelErrorCodes.Timeout, (await Assert.ThrowsAsync<ModelException>(() => hanging.Soon())).Code);
    }

    [Fact]
    public void A_length_out_of_range_is_refused_at_the_start() =>
        Assert.Contains("65536", Assert.Throws<TroupeException>(() => new OpenAIEmbeddingGenerator(new OpenAIOptions { Model = "m" }, 70_000)).Message, StringComparison.Ordinal);
}
