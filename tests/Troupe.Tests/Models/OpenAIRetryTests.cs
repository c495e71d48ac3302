using Troupe.Chat;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

public sealed class OpenAIRetryTests : ProviderTests
{
    [Fact]
    public async Task A_wait_that_the_provider_asks_for_is_kept()
    {
        await using var provider = await StartAsync(Status(429, "{}", ("Retry-After", "7")), Says("Hi"));
        using var client = Client(provider, o => o with { MaxRetries = 1 });

        var asking = AskAsync(client);

        Assert.Equal(TimeSpan.FromSeconds(7), await Time.NextWaitAsync(Total, First));
        Assert.Equal(1, provider.Count);
        Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal("Hi", (await asking).Text);
        Assert.Equal(2, provider.Count);
    }

    [Fact]
    public async Task A_wait_until_a_date_is_kept()
    {
        var until = Time.GetUtcNow() + TimeSpan.FromSeconds(9);
        await using var provider = await StartAsync(Status(503, "{}", ("Retry-After", until.ToString("R"))), Says("Hi"));
        using var client = Client(provider, o => o with { MaxRetries = 1 });

        var asking = AskAsync(client);

        Assert.Equal(TimeSpan.FromSeconds(9), await Time.NextWaitAsync(Total, First));
        Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal("Hi", (await asking).Text);
    }

    [Fact]
    public async Task A_wait_longer_than_allowed_fails_at_once_and_is_told()
    {
        await using var provider = await StartAsync(Status(429, "{}", ("Retry-After", "31")));
        using var client = Client(provider, o => o with { MaxRetries = 3, MaxRetryAfter = TimeSpan.FromSeconds(30) });

        var failure = await FailAsync(client);

        Assert.Equal(ModelErrorCodes.RateLimited, failure.Code);
        Assert.Equal(TimeSpan.FromSeconds(31), failure.RetryAfter);
        Assert.Equal(1, provider.Count);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(408)]
    [InlineData(429)]
    public async Task What_may_pass_is_tried_again(int status)
    {
        await using var provider = await StartAsync(Status(status, "{}", ("Retry-After", "0")), Says("Hi"));
        using var client = Client(provider, o => o with { MaxRetries = 1, RetryDelay = TimeSpan.Zero });

        Assert.Equal("Hi", (await AskAsync(client)).Text);
        Assert.Equal(2, provider.Count);
    }

    [Fact]
    public async Task Tries_have_an_end()
    {
        await using var provider = await StartAsync(Status(500, "{}"));
        using var client = Client(provider, o => o with { MaxRetries = 2, RetryDelay = TimeSpan.Zero });

        var failure = await FailAsync(client);

        Assert.Equal(ModelErrorCodes.Unavailable, failure.Code);
        Assert.True(failure.IsTransient);
        Assert.Equal(3, provider.Count);
    }

    [Theory]
    [InlineData(400, "{}", ModelErrorCodes.Refused)]
    [InlineData(401, "{}", ModelErrorCodes.Unauthorized)]
    [InlineData(403, "{}", ModelErrorCodes.Unauthorized)]
    [InlineData(404, "{}", ModelErrorCodes.Refused)]
    [InlineData(413, "{}", ModelErrorCodes.TooLong)]
    [InlineData(422, "no JSON at all", ModelErrorCodes.Refused)]
    [InlineData(400, """{"error":{"message":"x","code":"context_length_exceeded"}}""", ModelErrorCodes.TooLong)]
    [InlineData(400, """{"error":{"message":"x","code":5}}""", ModelErrorCodes.Refused)]
    [InlineData(400, """{"error":{"message":"x","code":"\ud83d"}}""", ModelErrorCodes.Refused)]
    [InlineData(400, """{"\ud83d":1,"error":{"\ud83d":2}}""", ModelErrorCodes.Refused)]
    [InlineData(400, """[1]""", ModelErrorCodes.Refused)]
    [InlineData(429, """{"error":{"code":"insufficient_quota"}}""", ModelErrorCodes.RateLimited)]
    public async Task What_will_not_pass_is_asked_once_and_has_its_code(int status, string body, string code)
    {
        await using var provider = await StartAsync(Status(status, body));
        using var client = Client(provider, o => o with { MaxRetries = 3, RetryDelay = TimeSpan.Zero });

        var failure = await FailAsync(client);

        Assert.Equal(code, failure.Code);
        Assert.False(failure.IsTransient);
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await StartAsync(Says("I have your key."));
        await using var provider = await StartAsync(Status(307, "", ("Location", other.BaseUrl + "/chat/completions")));
        using var client = Client(provider, o => o with { MaxRetries = 3, RetryDelay = TimeSpan.Zero });

        var failure = await FailAsync(client);

        Assert.Equal(ModelErrorCodes.Refused, failure.Code);
        Assert.Equal(0, other.Count);
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task A_reset_before_the_first_piece_is_tried_again()
    {
        await using var provider = await StartAsync(
            exchange =>
            {
                exchange.Reset();
                return Task.CompletedTask;
            },
            async exchange =>
            {
                await exchange.SendRawAsync(": the headers are out\n\n");
                exchange.Reset();
            },
            Says("Hi"));
        using var client = Client(provider, o => o with { MaxRetries = 2, RetryDelay = TimeSpan.Zero });

        Assert.Equal("Hi", (await AskAsync(client)).Text);
        Assert.Equal(3, provider.Count);
    }

    [Fact]
    public async Task Nothing_is_tried_again_after_the_first_piece()
    {
        using var read = new SemaphoreSlim(0);
        await using var provider = await StartAsync(
            async exchange =>
            {
                await exchange.SendAsync(Text("Once "));
                await read.WaitAsync(Limits.Token);
                exchange.Reset();
            },
            Says("twice"));
        using var client = Client(provider, o => o with { MaxRetries = 3, RetryDelay = TimeSpan.Zero });
        await using var answer = client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token).GetAsyncEnumerator();
        Assert.True(await answer.MoveNextAsync());
        read.Release();

        var failure = await Assert.ThrowsAsync<ModelException>(() => answer.MoveNextAsync().AsTask().Soon());

        Assert.Equal(ModelErrorCodes.Unavailable, failure.Code);
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_said_so()
    {
        await using var provider = await StartAsync(Says("Hi"));
        using var client = Client(provider);
        var address = provider.BaseUrl.Authority;
        await provider.DisposeAsync();

        var failure = await FailAsync(client);

        Assert.Equal(ModelErrorCodes.Unavailable, failure.Code);
        Assert.Contains(address, failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task Calls_are_held_back_when_most_fail_and_let_through_again()
    {
        var working = false;
        await using var provider = await StartAsync(e => Volatile.Read(ref working) ? Says("Hi")(e) : e.AnswerAsync(500, "{}"));
        using var client = Client(provider, o => o with { BreakDuration = TimeSpan.FromSeconds(20) });
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(ModelErrorCodes.Unavailable, (await FailAsync(client)).Code);
        }

        var held = await FailAsync(client);

        Assert.Equal(ModelErrorCodes.CircuitOpen, held.Code);
        Assert.Equal(TimeSpan.FromSeconds(20), held.RetryAfter);
        Assert.Equal(10, provider.Count);

        // The one call that is let through fails: the wait begins anew.
        Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(ModelErrorCodes.Unavailable, (await FailAsync(client)).Code);
        Assert.Equal(ModelErrorCodes.CircuitOpen, (await FailAsync(client)).Code);
        Assert.Equal(11, provider.Count);

        Volatile.Write(ref working, true);
        Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("Hi", (await AskAsync(client)).Text);
        Assert.Equal("Hi", (await AskAsync(client)).Text);
        Assert.Equal(13, provider.Count);
    }

    [Fact]
    public async Task Calls_go_on_while_fewer_than_half_fail()
    {
        var number = 0;
        await using var provider = await StartAsync(e => Interlocked.Increment(ref number) % 5 < 3 ? Says("Hi")(e) : e.AnswerAsync(500, "{}"));
        using var client = Client(provider);
        for (var i = 0; i < 30; i++)
        {
            await ReadAsync(client);
        }

        Assert.Equal(30, provider.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(400)]
    [InlineData(401)]
    public async Task Calls_are_not_held_back_for_what_is_no_failure_of_the_provider(int status)
    {
        await using var provider = await StartAsync(Status(status, "{}"));
        using var client = Client(provider);
        for (var i = 0; i < 12; i++)
        {
            Assert.NotEqual(ModelErrorCodes.CircuitOpen, (await FailAsync(client)).Code);
        }

        Assert.Equal(12, provider.Count);
    }
}
