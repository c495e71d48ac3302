using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>What a call reserves, and what it is settled with.</summary>
public sealed class BudgetAccountTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly ScriptedChatClient _provider = new();
    private readonly ModelCatalog _models;
    private readonly Model _model;

    public BudgetAccountTests()
    {
        _models = new ModelCatalog(_time);
        _model = _models.Add(new ModelInfo { Name = "first", Provider = "test", ReplyTokens = 100, Price = new Price(2, 10) }, _provider);
    }

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_at_once_cannot_both_take_the_last_of_it(bool isMoney)
    {
        // "Hello" is 2 tokens, and the reply may have 100: 102 tokens, or 1004 millionths.
        var account = isMoney ? new BudgetAccount("the test", null, 2007) : new BudgetAccount("the test", 203, null);
        var first = _model.AskAsync("Hello", Asking.For(scope: null, budgets: [account]));
        var call = await _provider.NextAsync();
        var refused = await Assert.ThrowsAsync<TroupeException>(() => _model.AskAsync("Hello", Asking.For(scope: null, budgets: [account])));
        Assert.Equal(("budget_exceeded", ErrorKind.TooMany, null), (refused.Code, refused.Kind, refused.RetryAfter));
        Assert.Contains("the test", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, _provider.Count);

        // What was reserved and not taken is there again.
        call.Add(Asking.Usage(3, 1));
        call.Finish("Hi");
        await first;
        Assert.Equal((4L, 16L, false), (account.Tokens, account.Micros, account.IsInUse));
        _provider.Reply = _ => "Hi";
        await _model.AskAsync("Hello", Asking.For(scope: null, budgets: [account]));
        Assert.Equal(2, _provider.Count);
    }

    [Fact]
    public async Task Of_a_thousand_at_once_no_more_go_than_there_is_room_for()
    {
        _provider.Reply = _ => "Hi";
        var account = new BudgetAccount("the test", 102 * 7, null);
        var going = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => account.Reserve(102, 0) is null, TestContext.Current.CancellationToken)).ToList();
        Assert.Equal(7, (await Task.WhenAll(going)).Count(isIn => isIn));
    }

    [Fact]
    public async Task A_refusal_by_one_budget_leaves_nothing_reserved_in_the_others()
    {
        var (wide, narrow, last) = (new BudgetAccount("wide", 10_000, 10_000), new BudgetAccount("narrow", 50, null), new BudgetAccount("last", 10_000, null));
        var refused = await Assert.ThrowsAsync<TroupeException>(() => _model.AskAsync("Hello", Asking.For(scope: null, budgets: [wide, narrow, last])));
        Assert.Contains("narrow", refused.Message, StringComparison.Ordinal);
        Assert.All(new[] { wide, narrow, last }, a => Assert.Equal((0L, 0L, false), (a.Tokens, a.Micros, a.IsInUse)));
        Assert.Equal(0, _provider.Count);
    }

    [Fact]
    public async Task A_provider_that_reports_nothing_is_estimated_with_its_calls_of_tools()
    {
        var account = new BudgetAccount("the test", 10_000, null);
        var asking = _model.AskAsync(new string('a', 360), Asking.For(scope: null, budgets: [account]));
        var call = await _provider.NextAsync();
        call.Say(new string('b', 36));
        call.Add(ToolArguments.Read("c", "f", $$"""{"x":"{{new string('c', 71)}}"}"""));
        call.End(ChatFinishReason.ToolCalls);
        await asking;
        Assert.Equal(100 + 33, account.Tokens);
    }

    [Fact]
    public async Task What_was_said_before_a_caller_left_counts_at_once_also_when_the_provider_goes_on()
    {
        var account = new BudgetAccount("the test", 10_000, null);
        using var leave = new CancellationTokenSource();
        var options = Asking.For(scope: null, budgets: [account]);
        var asking = _model.AskAsync(new string('a', 360), options, leave.Token);
        var call = await _provider.NextAsync();
        call.Say(new string('b', 36));
        await Limits.UntilAsync(() => ModelCall.Of(options)!.OutputTokens > 0);

        Assert.Equal((100L, 10L, 300L), (ModelCall.Of(options)!.InputTokens, ModelCall.Of(options)!.OutputTokens, ModelCall.Of(options)!.CostMicros));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal((110L, 300L, false), (account.Tokens, account.Micros, account.IsInUse));
    }

    [Fact]
    public async Task A_call_that_failed_before_its_first_word_costs_nothing_and_one_that_broke_off_what_was_said()
    {
        var account = new BudgetAccount("the test", 10_000, null);
        var silent = _model.AskAsync(new string('a', 360), Asking.For(scope: null, budgets: [account]));
        (await _provider.NextAsync()).Fail(new IOException("Gone."));
        await Assert.ThrowsAsync<ModelException>(() => silent);
        Assert.Equal((0L, false), (account.Tokens, account.IsInUse));

        var broken = _model.AskAsync(new string('a', 360), Asking.For(scope: null, budgets: [account]));
        var call = await _provider.NextAsync();
        call.Say(new string('b', 36));
        call.Fail(new IOException("Gone."));
        await Assert.ThrowsAsync<ModelException>(() => broken);
        Assert.Equal((110L, false), (account.Tokens, account.IsInUse));
    }

    [Fact]
    public async Task A_known_answer_and_one_that_another_pays_for_cost_nothing()
    {
        var (payer, follower, later) = (new BudgetAccount("payer", 10_000, 10_000), new BudgetAccount("follower", 10_000, 10_000), new BudgetAccount("later", 1, 1));
        var first = _model.AskAsync("Hello", Asking.For(budgets: [payer]));
        var call = await _provider.NextAsync();
        var second = _model.AskAsync("Hello", Asking.For(budgets: [follower]));
        call.Add(Asking.Usage(10, 5));
        call.Finish("Hi");
        await Task.WhenAll(first, second);

        // There would be no room for a call.
        await _model.AskAsync("Hello", Asking.For(budgets: [later]));
        Assert.Equal((15L, 70L), (payer.Tokens, payer.Micros));
        Assert.All(new[] { follower, later }, a => Assert.Equal((0L, 0L, false), (a.Tokens, a.Micros, a.IsInUse)));
        Assert.Equal(1, _provider.Count);
    }

    [Fact]
    public async Task What_another_model_said_costs_what_that_one_costs()
    {
        var (dear, failing) = (new ScriptedChatClient(), new ScriptedChatClient());
        _models.Add(new ModelInfo { Name = "dear", Provider = "test", Price = new Price(1000, 10_000) }, dear);
        var model = _models.Add(new ModelInfo { Name = "cheap", Provider = "test", Price = new Price(1, 1), Fallbacks = ["dear"] }, failing);
        var account = new BudgetAccount("the test", null, 10_000_000);
        var asking = model.AskAsync("Hello", Asking.For(scope: null, budgets: [account]));
        (await failing.NextAsync()).Fail(new IOException("Gone."));
        var call = await dear.NextAsync();
        call.Add(Asking.Usage(10, 5));
        call.Finish("Hi");
        await asking;
        Assert.Equal(60_000, account.Micros);
    }

    [Fact]
    public void A_refusal_says_when_it_begins_anew()
    {
        Assert.Equal(15, new Price(0.5m, 0.1m).MicrosOf(20, 49));
        var account = new BudgetAccount("today", 10, null);
        Assert.Null(account.Reserve(10, 0));
        Assert.Equal("The budget of today is 10 tokens; 0 are spent, 10 are reserved, and this call may take 1.", account.Reserve(1, 0));
        account.Limit(11, null);
        Assert.Null(account.Reserve(1, 0));
    }
}
