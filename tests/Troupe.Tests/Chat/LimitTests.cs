using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>What a provider may be asked at once and a minute, and who is next.</summary>
public sealed class LimitTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task As_many_run_at_once_as_may_and_the_next_one_goes_when_one_ends()
    {
        using var gate = new ProviderGate(new ProviderLimits { Concurrency = 2 }, _time);
        Assert.True(Enter(gate).IsCompletedSuccessfully);
        Assert.True(Enter(gate).IsCompletedSuccessfully);
        var third = Enter(gate);
        Assert.False(third.IsCompleted);
        Assert.Equal(1, gate.Waiting);
        gate.Leave(1, 1);
        await third.Soon();
        Assert.Equal(0, gate.Waiting);
    }

    [Fact]
    public async Task A_minutes_requests_come_back_steadily()
    {
        using var gate = new ProviderGate(new ProviderLimits { RequestsPerMinute = 6 }, _time);
        for (var i = 0; i < 6; i++)
        {
            await Enter(gate).Soon();
            gate.Leave(1, 1);
        }

        var (next, after) = (Enter(gate), Enter(gate));
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await next.Soon();
        Assert.False(after.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));
        await after.Soon();
    }

    [Fact]
    public async Task A_minutes_tokens_are_reserved_and_what_was_not_taken_is_there_at_once()
    {
        using var gate = new ProviderGate(new ProviderLimits { TokensPerMinute = 600 }, _time);
        await Enter(gate, tokens: 500).Soon();
        var second = Enter(gate, tokens: 400);
        Assert.False(second.IsCompleted);
        gate.Leave(500, 100);
        await second.Soon();
        gate.Leave(400, 1000);

        // 100 and 1000 were taken of 600: 500 are missing, and 10 come back each second.
        var third = Enter(gate, tokens: 1);
        _time.Advance(TimeSpan.FromSeconds(49));
        Assert.False(third.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        await third.Soon();
    }

    [Fact]
    public async Task What_is_larger_than_a_minutes_share_goes_when_the_share_is_whole()
    {
        using var gate = new ProviderGate(new ProviderLimits { TokensPerMinute = 60 }, _time);
        await Enter(gate, tokens: 1).Soon();
        gate.Leave(1, 1);
        var huge = Enter(gate, tokens: 10_000);
        Assert.False(huge.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        await huge.Soon();
    }

    [Fact]
    public async Task One_with_a_call_is_not_held_up_by_one_with_a_hundred()
    {
        using var gate = new ProviderGate(new ProviderLimits { Concurrency = 1 }, _time);
        await Enter(gate, "many").Soon();
        var many = Enumerable.Range(0, 100).Select(_ => Enter(gate, "many")).ToList();
        var (one, other) = (Enter(gate, "one"), Enter(gate, "other"));

        // In turn: one of the many, who came first, then the one, then the other, then the many again, in their order.
        foreach (var next in new[] { many[0], one, other, many[1], many[2] })
        {
            Assert.False(next.IsCompleted);
            gate.Leave(1, 1);
            await next.Soon();
        }

        Assert.Equal(97, gate.Waiting);
        Assert.All(many.Skip(3), m => Assert.False(m.IsCompleted));
    }

    [Fact]
    public async Task When_as_many_wait_as_may_the_next_one_is_told_to_come_later_and_a_place_that_is_left_is_free()
    {
        using var gate = new ProviderGate(new ProviderLimits { Concurrency = 1, MaxWaiting = 2 }, _time);
        await Enter(gate).Soon();
        using var leave = new CancellationTokenSource();
        var (first, second) = (Enter(gate), Enter(gate, "bob", 1, leave.Token));
        var refused = await Assert.ThrowsAsync<ModelException>(() => Enter(gate, "cid"));
        Assert.Equal((ModelErrorCodes.RateLimited, true), (refused.Code, refused.IsTransient));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, gate.Waiting);
        var third = Enter(gate, "cid");
        gate.Leave(1, 1);
        await first.Soon();
        gate.Leave(1, 1);
        await third.Soon();
    }

    [Fact]
    public async Task Who_leaves_the_front_lets_the_one_behind_go()
    {
        using var gate = new ProviderGate(new ProviderLimits { TokensPerMinute = 100 }, _time);
        await Enter(gate, tokens: 50).Soon();
        using var leave = new CancellationTokenSource();
        var large = Enter(gate, "ann", 100, leave.Token);
        var small = Enter(gate, "ann", 10);
        Assert.False(small.IsCompleted);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small.Soon();
    }

    [Fact]
    public async Task No_waiter_is_forgotten_in_ten_thousand_that_come_go_and_leave()
    {
        using var gate = new ProviderGate(new ProviderLimits { Concurrency = 3, MaxWaiting = 100_000 }, _time);
        var (running, most, gone) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(number => Task.Run(async () =>
        {
            using var leave = new CancellationTokenSource();
            var entering = gate.EnterAsync("m", $"{number % 7}", 1, leave.Token);
            if (number % 3 == 0)
            {
                await leave.CancelAsync();
            }

            try
            {
                await entering;
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref gone);
                return;
            }

            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref running);
            gate.Leave(1, 1);
        }, TestContext.Current.CancellationToken))).Soon();

        Assert.InRange(most, 1, 3);
        Assert.Equal((0, 0), (running, gate.Waiting));
        Assert.InRange(gone, 0, 3334);

        // All three places are there again.
        await Task.WhenAll(Enter(gate), Enter(gate), Enter(gate)).Soon();
        Assert.False(Enter(gate).IsCompleted);

        static void InterlockedMax(ref int most, int value)
        {
            for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            {
                Interlocked.CompareExchange(ref most, value, seen);
            }
        }
    }

    [Fact]
    public async Task Models_of_a_group_share_its_limits_and_one_that_has_its_name_does_not()
    {
        using var models = new ModelCatalog(_time);
        var provider = new ScriptedChatClient();
        var one = models.Add(new ModelInfo { Name = "one", Provider = "test", Limits = new ProviderLimits { Concurrency = 1 }, LimitGroup = "all" }, provider);
        var two = models.Add(new ModelInfo { Name = "two", Provider = "test", LimitGroup = "all" }, provider);
        var namesake = models.Add(new ModelInfo { Name = "all", Provider = "test", Limits = new ProviderLimits { Concurrency = 1 } }, new ScriptedChatClient { Reply = _ => "I am alone." });

        var first = one.AskAsync("Hello", new ChatOptions());
        var call = await provider.NextAsync();
        var second = two.AskAsync("Hello", new ChatOptions());
        Assert.Equal("I am alone.", (await namesake.AskAsync("Hello", new ChatOptions())).Text);
        Assert.Equal(1, provider.Count);
        call.Finish("One.");
        (await provider.NextAsync()).Finish("Two.");
        Assert.Equal(("One.", "Two."), ((await first).Text, (await second).Text));
    }

    [Fact]
    public async Task A_call_that_failed_or_was_left_frees_its_place()
    {
        using var models = new ModelCatalog(_time);
        var provider = new ScriptedChatClient();
        var model = models.Add(new ModelInfo { Name = "one", Provider = "test", Limits = new ProviderLimits { Concurrency = 1 } }, provider);
        var failing = model.AskAsync("Hello", new ChatOptions());
        (await provider.NextAsync()).Fail(new IOException("Gone."));
        await Assert.ThrowsAsync<ModelException>(() => failing);
        using var leave = new CancellationTokenSource();
        var left = model.AskAsync("Hello", new ChatOptions(), leave.Token);
        await provider.NextAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        var last = model.AskAsync("Hello", new ChatOptions());
        (await provider.NextAsync()).Finish("Hi.");
        Assert.Equal("Hi.", (await last).Text);
    }

    private static Task Enter(ProviderGate gate, string owner = "ann", long tokens = 1, CancellationToken cancellationToken = default) =>
        gate.EnterAsync("m", owner, tokens, cancellationToken);
}
