using Microsoft.Extensions.AI;
using Troupe.Chat;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

public sealed class OpenAITimeoutTests : ProviderTests
{
    [Fact]
    public async Task A_provider_that_never_answers_is_given_up_and_left()
    {
        await using var provider = await StartAsync(e => e.HangAsync());
        using var client = Client(provider);

        var asking = FailAsync(client);
        var exchange = await provider.NextAsync();
        Time.Advance(First - TimeSpan.FromSeconds(1));
        Assert.False(asking.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(1));

        var failure = await asking;
        Assert.Equal(ModelErrorCodes.Timeout, failure.Code);
        Assert.Contains("61 s", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
        await exchange.Gone.Soon();
    }

    [Fact]
    public async Task Signs_of_life_are_no_first_piece()
    {
        await using var provider = await StartAsync(async e =>
        {
            await e.SendRawAsync(": still thinking\n\n");
            await e.HangAsync();
        });
        using var client = Client(provider);

        var asking = FailAsync(client);
        var exchange = await provider.NextAsync();
        Time.Advance(First);

        Assert.Equal(ModelErrorCodes.Timeout, (await asking).Code);
        await exchange.Gone.Soon();
    }

    [Fact]
    public async Task A_hang_before_the_first_piece_is_tried_again()
    {
        await using var provider = await StartAsync(e => e.HangAsync(), Says("Hi"));
        using var client = Client(provider, o => o with { MaxRetries = 1, RetryDelay = TimeSpan.Zero });

        var asking = AskAsync(client);
        await provider.NextAsync();
        Time.Advance(First);

        Assert.Equal("Hi", (await asking).Text);
    }

    [Fact]
    public async Task A_hang_in_the_middle_is_given_up_and_left()
    {
        await using var provider = await StartAsync(async e =>
        {
            await e.SendAsync(Text("Well"));
            await e.HangAsync();
        });
        using var client = Client(provider, o => o with { MaxRetries = 3 });
        await using var answer = client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token).GetAsyncEnumerator();
        Assert.True(await answer.MoveNextAsync());
        var exchange = await provider.NextAsync();

        var next = answer.MoveNextAsync().AsTask();
        Time.Advance(Idle - TimeSpan.FromSeconds(1));
        Assert.False(next.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(1));

        var failure = await Assert.ThrowsAsync<ModelException>(() => next.Soon());
        Assert.Equal(ModelErrorCodes.Timeout, failure.Code);
        Assert.Contains("62 s", failure.Message, StringComparison.Ordinal);
        await exchange.Gone.Soon();
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task A_slow_answer_is_read_to_its_end()
    {
        using var more = new SemaphoreSlim(0);
        await using var provider = await StartAsync(async e =>
        {
            for (var i = 0; i < 4; i++)
            {
                await e.SendAsync(Text($"{i}"));
                await more.WaitAsync(Limits.Token);
            }

            await e.SendAsync(Finish());
        });
        using var client = Client(provider);
        await using var answer = client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token).GetAsyncEnumerator();
        Assert.True(await answer.MoveNextAsync());
        for (var i = 0; i < 4; i++)
        {
            var next = answer.MoveNextAsync().AsTask();
            Time.Advance(Idle - TimeSpan.FromSeconds(1));
            more.Release();
            Assert.True(await next.Soon());
        }

        Assert.Equal(ChatFinishReason.Stop, answer.Current.FinishReason);
        Assert.False(await answer.MoveNextAsync());
    }

    [Fact]
    public async Task An_answer_that_drips_for_ever_has_a_deadline()
    {
        using var more = new SemaphoreSlim(0);
        await using var provider = await StartAsync(async e =>
        {
            while (true)
            {
                await e.SendAsync(Text("."));
                await more.WaitAsync(Limits.Token);
            }
        });
        using var client = Client(provider, o => o with { MaxRetries = 3 });
        await using var answer = client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token).GetAsyncEnumerator();
        Assert.True(await answer.MoveNextAsync());
        var exchange = await provider.NextAsync();
        for (var i = 0; i < 5; i++)
        {
            var next = answer.MoveNextAsync().AsTask();
            Time.Advance(TimeSpan.FromSeconds(60));
            more.Release();
            Assert.True(await next.Soon());
        }

        var last = answer.MoveNextAsync().AsTask();
        Time.Advance(TimeSpan.FromSeconds(5));

        var failure = await Assert.ThrowsAsync<ModelException>(() => last.Soon());
        Assert.Equal(ModelErrorCodes.Timeout, failure.Code);
        Assert.Contains("305 s", failure.Message, StringComparison.Ordinal);
        await exchange.Gone.Soon();
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task The_deadline_counts_the_waits_between_tries()
    {
        await using var provider = await StartAsync(Status(503, "{}", ("Retry-After", "200")));
        using var client = Client(provider, o => o with { MaxRetries = 10, MaxRetryAfter = TimeSpan.FromSeconds(300) });

        var asking = FailAsync(client);
        await Time.NextWaitAsync(Total, First);
        Time.Advance(TimeSpan.FromSeconds(200));
        await Time.NextWaitAsync(First);
        Time.Advance(TimeSpan.FromSeconds(105));

        var failure = await asking;
        Assert.Equal(ModelErrorCodes.Timeout, failure.Code);
        Assert.Contains("305 s", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, provider.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_who_cancels_stops_the_request(bool begun)
    {
        await using var provider = await StartAsync(async e =>
        {
            if (begun)
            {
                await e.SendAsync(Text("Well"));
            }

            await e.HangAsync();
        });
        using var client = Client(provider, o => o with { MaxRetries = 3, RetryDelay = TimeSpan.Zero });
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);
        await using var answer = client.GetStreamingResponseAsync(Hello, cancellationToken: caller.Token).GetAsyncEnumerator();
        var next = answer.MoveNextAsync().AsTask();
        var exchange = await provider.NextAsync();
        if (begun)
        {
            Assert.True(await next.Soon());
            next = answer.MoveNextAsync().AsTask();
        }

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Soon());
        await exchange.Gone.Soon();
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task A_reader_who_leaves_stops_the_request()
    {
        await using var provider = await StartAsync(async e =>
        {
            await e.SendAsync(Text("Well"));
            await e.HangAsync();
        });
        using var client = Client(provider);
        await foreach (var update in client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token))
        {
            Assert.Equal("Well", update.Text);
            break;
        }

        await (await provider.NextAsync()).Gone.Soon();
    }

    [Fact]
    public async Task A_cancelled_wait_between_tries_is_a_cancel()
    {
        await using var provider = await StartAsync(Status(503, "{}", ("Retry-After", "20")));
        using var client = Client(provider, o => o with { MaxRetries = 3 });
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);

        var asking = client.GetResponseAsync(Hello, cancellationToken: caller.Token);
        await Time.NextWaitAsync(Total, First);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Soon());
        Assert.Equal(1, provider.Count);
    }
}
