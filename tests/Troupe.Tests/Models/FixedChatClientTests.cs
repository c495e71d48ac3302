using Microsoft.Extensions.AI;
using Troupe.Models;

namespace Troupe.Tests.Models;

public sealed class FixedChatClientTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "Hello")];

    [Fact]
    public async Task It_says_the_same_each_time()
    {
        using var client = new FixedChatClient("Good day.", TimeSpan.Zero);

        for (var i = 0; i < 3; i++)
        {
            var answer = await client.GetResponseAsync(Hello, cancellationToken: Limits.Token);
            Assert.Equal("Good day.", answer.Text);
            Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        }
    }

    [Fact]
    public async Task It_waits_by_the_clock_it_was_given()
    {
        var time = new ManualTime();
        using var client = new FixedChatClient("Good day.", TimeSpan.FromSeconds(3), time);

        var asking = client.GetResponseAsync(Hello, cancellationToken: Limits.Token);
        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("Good day.", (await asking.Soon()).Text);
    }

    [Fact]
    public async Task Its_wait_can_be_cancelled()
    {
        using var client = new FixedChatClient("Good day.", TimeSpan.FromSeconds(3), new ManualTime());
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);

        var asking = client.GetResponseAsync(Hello, cancellationToken: caller.Token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Soon());
    }
}
