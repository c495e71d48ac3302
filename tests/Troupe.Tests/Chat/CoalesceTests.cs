using System.Collections;
using Microsoft.Extensions.AI;
using Troupe.Caching;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>Equal calls at once are one call.</summary>
public sealed class CoalesceTests : IAsyncDisposable
{
    private readonly CacheCatalog _caches = new();
    private readonly ScriptedChatClient _provider = new();
    private readonly ModelCatalog _models;
    private readonly Model _model;

    public CoalesceTests()
    {
        _models = new ModelCatalog(new ManualTime(), _caches);
        _model = _models.Add(new ModelInfo { Name = "first", Provider = "test", Price = new Price(1, 1) }, _provider);
    }

    public async ValueTask DisposeAsync()
    {
        _models.Dispose();
        await _caches.DisposeAsync();
    }

    [Fact]
    public async Task A_thousand_callers_with_fifty_questions_make_fifty_calls_however_they_meet()
    {
        _provider.Reply = messages => messages[^1].Text;
        for (var round = 0; round < 20; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => Task.Run(() => _model.AskAsync($"{round}: {n % 50}", Asking.For()), TestContext.Current.CancellationToken)));
            Assert.Equal(Enumerable.Range(0, 1000).Select(n => $"{round}: {n % 50}"), answers.Select(a => a.Text));
            Assert.Equal(50 * (round + 1), _provider.Count);
        }
    }

    [Fact]
    public async Task A_thousand_who_wait_for_one_answer_all_get_it()
    {
        var waiting = Enumerable.Range(0, 1000).Select(_ => _model.AskAsync("Hello", Asking.For())).ToList();
        var call = await _provider.NextAsync();
        call.Say("Good");
        call.Finish(" day.");
        Assert.All(await Task.WhenAll(waiting), a => Assert.Equal("Good day.", a.Text));
        Assert.Equal(1, _provider.Count);
    }

    [Fact]
    public async Task Who_comes_late_gets_the_beginning_too_and_knows_whose_answer_it_is()
    {
        var first = _model.StreamAsync("Hello", Asking.For());
        var call = await _provider.NextAsync();
        call.Say("Good");
        await SaidAsync(1);
        await using var late = _model.Client.GetStreamingResponseAsync("Hello", Asking.For(), Limits.Token).GetAsyncEnumerator(Limits.Token);
        Assert.True(await late.MoveNextAsync());
        Assert.Equal(("Good", AnswerOrigin.Coalesced), (late.Current.Text, AnswerOrigin.Of(late.Current)));
        call.Finish(" day.");
        Assert.True(await late.MoveNextAsync());
        Assert.Equal((" day.", null), (late.Current.Text, AnswerOrigin.Of(late.Current)));
        Assert.False(await late.MoveNextAsync());
        Assert.Null(AnswerOrigin.Of((await first)[0]));
        Assert.Equal((1, 1L), (_provider.Count, _model.Metrics.Coalesced));
    }

    [Fact]
    public async Task The_first_one_leaving_ends_nothing_for_the_others_and_one_of_them_pays()
    {
        var accounts = Enumerable.Range(0, 3).Select(_ => new BudgetAccount("the test", 10_000, 1_000_000)).ToList();
        using var leave = new CancellationTokenSource();
        var first = _model.AskAsync("Hello", Asking.For(budgets: [accounts[0]]), leave.Token);
        var call = await _provider.NextAsync();
        call.Say("Good");
        await SaidAsync(1);
        var others = new[] { _model.AskAsync("Hello", Asking.For(budgets: [accounts[1]])), _model.AskAsync("Hello", Asking.For(budgets: [accounts[2]])) };
        await SaidAsync(3);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(call.Cancelled.IsCancellationRequested);
        call.Add(Asking.Usage(100, 20));
        call.Finish(" day.");

        Assert.All(await Task.WhenAll(others), a => Assert.Equal("Good day.", a.Text));
        Assert.Equal(1, _provider.Count);
        Assert.Equal([0L, 0L, 120L], accounts.Select(a => a.Tokens).Order());
        Assert.Equal([0L, 0L, 120L], accounts.Select(a => a.Micros).Order());
        Assert.Equal(0, accounts[0].Tokens);
        Assert.All(accounts, a => Assert.False(a.IsInUse));
    }

    [Fact]
    public async Task When_all_have_left_the_provider_is_told_and_the_next_one_is_a_call_of_its_own()
    {
        using var leave = new CancellationTokenSource();
        var all = Enumerable.Range(0, 3).Select(_ => _model.AskAsync("Hello", Asking.For(), leave.Token)).ToList();
        var call = await _provider.NextAsync();
        call.Say("Good");
        await SaidAsync(3);
        await leave.CancelAsync();
        foreach (var left in all)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        }

        await Task.Delay(Timeout.Infinite, call.Cancelled).ContinueWith(static _ => { }, TaskScheduler.Default).Soon();
        var next = _model.AskAsync("Hello", Asking.For());
        (await _provider.NextAsync()).Finish("Anew.");
        Assert.Equal("Anew.", (await next).Text);
    }

    [Fact]
    public async Task A_failure_reaches_each_who_waits_and_the_next_one_asks_again()
    {
        var all = Enumerable.Range(0, 10).Select(_ => _model.AskAsync("Hello", Asking.For())).ToList();
        var call = await _provider.NextAsync();
        call.Say("Good");
        await SaidAsync(10);
        call.Fail(new ModelException(ModelErrorCodes.BrokenAnswer, "Broken."));
        foreach (var failed in all)
        {
            Assert.Equal(ModelErrorCodes.BrokenAnswer, (await Assert.ThrowsAsync<ModelException>(() => failed)).Code);
        }

        Assert.Equal((1, 1L), (_provider.Count, _model.Metrics.Failures));
        _provider.Reply = _ => "Anew.";
        Assert.Equal("Anew.", (await _model.AskAsync("Hello", Asking.For())).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_declared_void_while_it_is_computed_is_not_joined(bool byTag)
    {
        var first = _model.AskAsync("Hello", Asking.For());
        var old = await _provider.NextAsync();
        old.Say("Old");
        if (byTag)
        {
            _caches.Tags.Invalidate(CacheCatalog.TagOfOwner("ann"));
        }
        else
        {
            _caches.Clear();
        }

        var second = _model.AskAsync("Hello", Asking.For());
        var current = await _provider.NextAsync();
        var third = _model.AskAsync("Hello", Asking.For());
        current.Finish("New.");
        old.Finish(".");
        Assert.Equal(["Old.", "New.", "New."], (await Task.WhenAll(first, second, third)).Select(a => a.Text));
        Assert.Equal("New.", (await _model.AskAsync("Hello", Asking.For())).Text);
        Assert.Equal(2, _provider.Count);
    }

    [Fact]
    public async Task Who_comes_between_the_end_of_an_answer_and_its_keeping_joins_it()
    {
        await using var slow = _model.Client.GetStreamingResponseAsync("Hello", Asking.For(), Limits.Token).GetAsyncEnumerator(Limits.Token);
        var moving = slow.MoveNextAsync();
        var call = await _provider.NextAsync();
        call.Say("Good");
        Assert.True(await moving);
        call.Finish(" day.");

        // The provider has ended and the only reader has not come to the end: nothing is kept yet.
        await Limits.UntilAsync(() => call.Updates.Reader.Completion.IsCompleted);

        Assert.Equal("Good day.", (await _model.AskAsync("Hello", Asking.For())).Text);
        Assert.Equal(1, _provider.Count);
        Assert.True(await slow.MoveNextAsync());
        Assert.False(await slow.MoveNextAsync());
    }

    [Fact]
    public async Task Who_looked_before_an_answer_was_kept_and_asks_after_it_looks_again()
    {
        _provider.Reply = _ => "Good day.";
        var account = new BudgetAccount("the test", 100_000, null);

        // Read for the key, then for the budget: in between another call comes and goes.
        var messages = new Interrupted(2, () => _model.AskAsync("Hello", Asking.For()).GetAwaiter().GetResult());
        var answer = await _model.Client.GetResponseAsync(messages, Asking.For(budgets: [account]), Limits.Token);
        Assert.Equal("Good day.", answer.Text);
        Assert.Equal((1, 0L, false), (_provider.Count, account.Tokens, account.IsInUse));
    }

    private async Task SaidAsync(int readers)
    {
        await Limits.UntilAsync(() => _model.Metrics.FirstTokenMicroseconds.Count >= readers);
    }

    /// <summary>One message, and something that happens when it is read for the nth time.</summary>
    private sealed class Interrupted(int at, Action happens) : IReadOnlyCollection<ChatMessage>
    {
        private int _reads;

        public int Count => 1;

        public IEnumerator<ChatMessage> GetEnumerator()
        {
            if (++_reads == at)
            {
                happens();
            }

            yield return new ChatMessage(ChatRole.User, "Hello");
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
