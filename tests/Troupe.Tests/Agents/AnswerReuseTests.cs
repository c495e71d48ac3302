using Troupe.Agents;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Tests.Sessions;

namespace Troupe.Tests.Agents;

/// <summary>Turns that are answered with what was computed before.</summary>
public sealed class AnswerReuseTests
{
    private static readonly AgentDefinition Guide = new() { Name = "guide", Caching = new AnswerCaching { Scope = AnswerScope.Owner, ReuseSamples = true } };

    [Fact]
    public async Task A_turn_that_takes_a_known_answer_says_so_and_takes_nothing_of_a_budget()
    {
        await using var stage = new Stage(
            sqlite: true, Guide, new AgentRuntimeOptions { Budget = new Budget { OwnerDayTokens = 150, OwnerDayMoney = 1 } },
            new ModelInfo { Name = "scripted", Provider = "test", ReplyTokens = 100, Price = new Price(1, 1) });
        var (first, second) = (await stage.NewAsync(), await stage.NewAsync());
        var (session, turn) = await stage.SayAsync(first, "Hello");
        var call = await stage.Model.NextAsync();
        call.Updates.Writer.TryWrite(new(Microsoft.Extensions.AI.ChatRole.Assistant, [Chat.Asking.Usage(60, 40)]));
        call.Finish("Good day.");
        var computed = await session.WaitAsync(turn, Limits.Token);
        Assert.Equal((false, 60L, 40L), (computed.Cached, computed.InputTokens, computed.OutputTokens));

        // 50 tokens are left, too few for a call, but this is none.
        var known = await stage.AskAsync(second, "Hello");
        Assert.Equal((TurnState.Completed, "Good day.", true, 0L, 0L), (known.State, known.Reply, known.Cached, known.InputTokens, known.OutputTokens));
        Assert.Equal(1, stage.Model.Count);
        var stored = Assert.Single((await stage.StoredAsync(second))!.Turns);
        Assert.Equal((true, 0L, 0L), (stored.Cached, stored.InputTokens, stored.CostMicros));
        Assert.Equal("budget_exceeded", (await stage.AskAsync(second, "Another.")).Error!.Code);
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 2)]
    public async Task What_follows_is_taken_again_only_where_more_than_the_first_turn_may_be(bool firstTurnOnly, int calls)
    {
        await using var stage = new Stage(agent: Guide with { Caching = Guide.Caching! with { FirstTurnOnly = firstTurnOnly } });
        stage.Model.Reply = messages => $"To {messages[^1].Text}.";
        for (var round = 0; round < 2; round++)
        {
            var id = await stage.NewAsync();
            var (first, second) = (await stage.AskAsync(id, "one"), await stage.AskAsync(id, "two"));
            Assert.Equal(("To one.", round == 1), (first.Reply, first.Cached));
            Assert.Equal(("To two.", round == 1 && !firstTurnOnly), (second.Reply, second.Cached));
        }

        // With "one" first and "two" second for each of two sessions.
        Assert.Equal(firstTurnOnly ? 3 : 2, stage.Model.Count);
        Assert.InRange(stage.Model.Count, 2, calls);
    }

    [Fact]
    public async Task Who_wants_another_answer_gets_another()
    {
        await using var stage = new Stage(agent: Guide);
        stage.Model.Reply = _ => $"Answer {stage.Model.Count}.";
        var id = await stage.NewAsync();
        Assert.Equal("Answer 1.", (await stage.AskAsync(id, "Hello")).Reply);
        var other = await stage.NewAsync();
        Assert.Equal("Answer 2.", (await FinishAsync(stage, other, new TurnInput { Message = "Hello", NoCache = true })).Reply);
        Assert.Equal("Answer 3.", (await FinishAsync(stage, id, new TurnInput { Regenerate = 1 })).Reply);
        var third = await stage.NewAsync();
        Assert.Equal(("Answer 1.", true), ((await stage.AskAsync(third, "Hello")) is var known ? (known.Reply, known.Cached) : default));
    }

    [Fact]
    public async Task The_wish_for_a_new_answer_outlives_a_failure_and_a_restart()
    {
        await using var stage = new Stage(agent: Guide);
        stage.Model.Reply = _ => "Known.";
        await stage.AskAsync(await stage.NewAsync(), "Hello");
        var id = await stage.NewAsync();
        stage.Model.Reply = _ => throw new IOException("Gone.");
        var input = new TurnInput { Message = "Hello", NoCache = true, Key = "k" };
        Assert.Equal(TurnState.Failed, (await FinishAsync(stage, id, input)).State);
        stage.Model.Reply = _ => "New.";
        await stage.UnloadAsync(id);
        Assert.Equal(("New.", false), (await FinishAsync(stage, id, input)) is var result ? (result.Reply, result.Cached) : default);
    }

    [Fact]
    public async Task The_wish_for_a_new_answer_holds_for_what_is_merged_with_it()
    {
        await using var stage = new Stage(agent: Guide with { Input = InputPolicy.Merge });
        var known = await stage.NewAsync();
        stage.Model.Reply = _ => "Known.";
        await stage.AskAsync(known, "one\n\ntwo", parent: 0);
        stage.Model.Reply = null;

        var id = await stage.NewAsync();
        var (session, running) = await stage.SayAsync(id, "wait");
        await stage.Model.NextAsync();
        var call = await stage.Model.NextAsync();
        var (_, first) = await stage.SubmitAsync(id, new TurnInput { Message = "one", Parent = 0 });
        var (_, second) = await stage.SubmitAsync(id, new TurnInput { Message = "two", Parent = 0, NoCache = true });
        Assert.Same(first, second);
        stage.Model.Reply = _ => "New.";
        call.Finish("Waited.");
        await session.WaitAsync(running, Limits.Token);
        Assert.Equal(("New.", false), (await session.WaitAsync(first, Limits.Token)) is var result ? (result.Reply, result.Cached) : default);
    }

    [Fact]
    public async Task The_answers_of_a_deleted_session_are_gone_also_when_it_goes_while_they_are_computed()
    {
        await using var stage = new Stage(agent: Guide);
        stage.Model.Reply = _ => $"Answer {stage.Model.Count}.";
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "Hello");
        await (await stage.ReadAsync(id, s => s)).DeleteAsync(Limits.Token);
        Assert.Equal("Answer 2.", (await stage.AskAsync(await stage.NewAsync(), "Hello")).Reply);

        stage.Model.Reply = null;
        var next = await stage.NewAsync();
        var (session, _) = await stage.SayAsync(next, "Goodbye");
        await Limits.UntilAsync(() => stage.Model.Count >= 3);

        var calls = new[] { await stage.Model.NextAsync(), await stage.Model.NextAsync(), await stage.Model.NextAsync() };
        var deleting = session.DeleteAsync(Limits.Token);
        calls[2].Finish("Too late.");
        await deleting;
        stage.Model.Reply = _ => "Anew.";
        Assert.Equal(("Anew.", false), (await stage.AskAsync(await stage.NewAsync(), "Goodbye")) is var result ? (result.Reply, result.Cached) : default);
    }

    private static async Task<TurnResult> FinishAsync(Stage stage, string id, TurnInput input)
    {
        var (session, turn) = await stage.SubmitAsync(id, input);
        return await session.WaitAsync(turn, Limits.Token);
    }
}
