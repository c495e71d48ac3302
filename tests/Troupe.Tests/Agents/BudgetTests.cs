using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Tests.Sessions;

namespace Troupe.Tests.Agents;

/// <summary>What turns, sessions and owners may spend. Each answer here takes 100 tokens, which cost 100 millionths; a call reserves a little more than 100 before it.</summary>
public sealed class BudgetTests
{
    private static readonly AgentDefinition Guide = new() { Name = "guide" };
    private static readonly ModelInfo Priced = new() { Name = "scripted", Provider = "test", ReplyTokens = 100, Price = new Price(1, 1) };

    public static TheoryData<bool, bool> Stores => new MatrixTheoryData<bool, bool>([false, true], [false, true]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_turn_that_would_cost_too_much_fails_before_anything_is_asked_and_counts_nothing(bool isMoney)
    {
        await using var stage = Open(false, isMoney ? new Budget { TurnMoney = 0.000_1m } : new Budget { TurnTokens = 100 });
        var id = await stage.NewAsync();
        var refused = await stage.AskAsync(id, "Hello", "k");
        Assert.Equal((TurnState.Failed, "budget_exceeded", "", 0L, 0L), (refused.State, refused.Error!.Code, refused.Reply, refused.InputTokens, refused.OutputTokens));
        Assert.Contains("this turn", refused.Error.Message, StringComparison.Ordinal);
        Assert.Equal(0, stage.Model.Count);
        var stored = Assert.Single((await stage.StoredAsync(id))!.Turns);
        Assert.Equal((TurnState.Failed, 0L, 0L, 0L), (stored.State, stored.InputTokens, stored.OutputTokens, stored.CostMicros));
        Assert.Equal([EntryRole.User], (await stage.EntriesAsync(id)).Select(e => e.Role));
    }

    [Fact]
    public async Task The_rounds_of_one_turn_share_its_budget()
    {
        await using var stage = Open(false, new Budget { TurnTokens = 150 }, Guide with { Tools = ["look"] });
        stage.Runtime.Tools.Add(new Troupe.Tools.ToolDefinition(AIFunctionFactory.Create(() => "a door", "look")) { Kind = Troupe.Tools.ToolKind.Pure });
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "Hello");
        var call = await stage.Model.NextAsync();
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read("c", "look", "{}"), Chat.Asking.Usage(60, 40)]) { FinishReason = ChatFinishReason.ToolCalls });
        call.Updates.Writer.TryComplete();
        var result = await session.WaitAsync(turn, Limits.Token);
        Assert.Equal((TurnState.Failed, "budget_exceeded", 100L), (result.State, result.Error!.Code, result.InputTokens + result.OutputTokens));
        Assert.Equal(1, stage.Model.Count);
        Assert.Equal([EntryRole.User, EntryRole.ToolCall, EntryRole.ToolResult], (await stage.EntriesAsync(id)).Select(e => e.Role));

        // The next turn has its own.
        Assert.Equal(TurnState.Completed, (await SpendAsync(stage, id, "Again")).State);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_sessions_budget_holds_over_its_turns_its_unloading_and_a_restart(bool sqlite, bool isMoney)
    {
        await using var stage = Open(sqlite, isMoney ? new Budget { SessionMoney = 0.000_350m } : new Budget { SessionTokens = 350 });
        var id = await stage.NewAsync();
        await SpendAsync(stage, id, "One");
        await stage.UnloadAsync(id);
        await SpendAsync(stage, id, "Two");
        await stage.ReopenAsync();
        await SpendAsync(stage, id, "Three");
        Assert.Equal("budget_exceeded", (await stage.AskAsync(id, "Four")).Error!.Code);
        await stage.ReopenAsync();
        Assert.Equal("budget_exceeded", (await stage.AskAsync(id, "Five")).Error!.Code);
        Assert.Equal(TurnState.Completed, (await SpendAsync(stage, await stage.NewAsync(), "Another session")).State);
        Assert.Equal((300L, 300L), await stage.ReadAsync(id, s => s.Spent()));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task An_owners_day_holds_over_sessions_and_a_restart_and_the_next_day_the_same_key_runs_the_turn(bool sqlite, bool isMoney)
    {
        var time = new ManualTime();
        await using var stage = Open(sqlite, isMoney ? new Budget { OwnerDayMoney = 0.000_250m } : new Budget { OwnerDayTokens = 250 }, time: time);
        var id = await stage.NewAsync();
        await SpendAsync(stage, id, "One");
        await stage.ReopenAsync();
        await SpendAsync(stage, await stage.NewAsync(), "Two");
        var refused = await stage.AskAsync(id, "Three", "k");
        Assert.Equal(("budget_exceeded", TimeSpan.FromHours(12)), (refused.Error!.Code, refused.Error.RetryAfter));
        await stage.ReopenAsync();
        Assert.Equal("budget_exceeded", (await stage.AskAsync(id, "Three", "k")).Error!.Code);

        // Somebody else's day is another.
        var bobs = await stage.Sessions.CreateAsync("bob", "guide", Durability.Durable);
        var (_, turn) = await stage.Sessions.SubmitAsync(bobs.Record.Id, "bob", new TurnInput { Message = "Hello" }, Limits.Token);
        (await NextAsync(stage)).Finish("Hello, Bob.");
        Assert.Equal(TurnState.Completed, (await bobs.WaitAsync(turn, Limits.Token)).State);

        time.Advance(TimeSpan.FromHours(12));
        var result = await SpendAsync(stage, id, "Three", "k");
        Assert.Equal((TurnState.Completed, refused.TurnNumber), (result.State, result.TurnNumber));
        Assert.Equal(["One", "Good day.", "Three", "Good day."], (await stage.EntriesAsync(id)).Select(e => e.Text));
    }

    [Fact]
    public async Task Two_sessions_at_once_cannot_both_take_the_last_of_a_day()
    {
        await using var stage = Open(false, new Budget { OwnerDayTokens = 200 });
        var (one, two) = (await stage.NewAsync(), await stage.NewAsync());
        var (session, turn) = await stage.SayAsync(one, "Hello");
        var call = await NextAsync(stage);
        Assert.Equal("budget_exceeded", (await stage.AskAsync(two, "Hello")).Error!.Code);
        call.Finish("Good day.");
        Assert.Equal(TurnState.Completed, (await session.WaitAsync(turn, Limits.Token)).State);
    }

    [Fact]
    public async Task An_agents_own_budget_holds_beside_the_hosts_and_for_that_agent_alone()
    {
        await using var stage = Open(false, new Budget { OwnerDayTokens = 350, TurnTokens = 1000 }, Guide with { Budget = new Budget { OwnerDayTokens = 150, TurnTokens = 10_000 } });
        stage.Runtime.Agents.Add(new AgentDefinition { Name = "judge" });
        var id = await stage.NewAsync();
        await SpendAsync(stage, id, "One");
        var refused = await stage.AskAsync(id, "Two");
        Assert.Contains("today with guide", refused.Error!.Message, StringComparison.Ordinal);
        var judges = (await stage.Sessions.CreateAsync(Stage.Owner, "judge", Durability.Durable)).Record.Id;
        await SpendAsync(stage, judges, "One");
        await SpendAsync(stage, judges, "Two");
        Assert.Contains("of today is 350", (await stage.AskAsync(judges, "Three")).Error!.Message, StringComparison.Ordinal);

        // The least of two limits for the same thing.
        stage.Runtime.Agents.Put(Guide with { Budget = new Budget { TurnTokens = 10 } });
        Assert.Contains("this turn is 10", (await stage.AskAsync(id, "Three")).Error!.Message, StringComparison.Ordinal);
        stage.Runtime.Agents.Put(Guide with { Budget = new Budget { TurnTokens = 10_000 }, MaxOutputTokens = 5000 });
        Assert.Contains("this turn is 1000", (await stage.AskAsync(id, "Four")).Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_limit_holds_from_the_next_turn_and_knows_what_was_spent_without_one(bool isDay)
    {
        await using var stage = Open(false, null, With(150));
        var id = await stage.NewAsync();
        await SpendAsync(stage, id, "One");
        Assert.Equal("budget_exceeded", (await stage.AskAsync(id, "Two", "k")).Error!.Code);
        stage.Runtime.Agents.Put(With(250));
        await SpendAsync(stage, id, "Two", "k");
        stage.Runtime.Agents.Put(Guide);
        await SpendAsync(stage, id, "Three");
        stage.Runtime.Agents.Put(With(250));
        Assert.Contains("300 are spent", (await stage.AskAsync(id, "Four")).Error!.Message, StringComparison.Ordinal);
        stage.Runtime.Agents.Put(With(1000));
        Assert.Equal(TurnState.Completed, (await SpendAsync(stage, id, "Five")).State);

        AgentDefinition With(int tokens) => Guide with { Budget = isDay ? new Budget { OwnerDayTokens = tokens } : new Budget { SessionTokens = tokens } };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_turn_that_was_stopped_counts_what_was_said_also_after_a_restart(bool sqlite)
    {
        await using var stage = Open(sqlite, new Budget { SessionTokens = 100_000 });
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, new string('a', 356));
        var call = await stage.Model.NextAsync();
        call.Say(new string('b', 36));
        await foreach (var happened in session.FollowAsync(turn, null, Limits.Token))
        {
            if (happened is TurnEvent.Delta)
            {
                break;
            }
        }

        session.Cancel(turn.Number);
        var result = await session.WaitAsync(turn, Limits.Token);
        Assert.Equal((TurnState.Cancelled, 100L, 10L), (result.State, result.InputTokens, result.OutputTokens));
        await stage.ReopenAsync();
        Assert.Equal((110L, 110L), await stage.ReadAsync(id, s => s.Spent()));
    }

    [Fact]
    public async Task A_turn_that_was_run_anew_counts_each_run_once()
    {
        await using var stage = Open(false, null);
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "Hello", "k");
        (await NextAsync(stage)).Fail(new IOException("Gone."));
        Assert.Equal(TurnState.Failed, (await session.WaitAsync(turn, Limits.Token)).State);
        await SpendAsync(stage, id, "Hello", "k");
        Assert.Equal((200L, 200L), await stage.ReadAsync(id, s => s.Spent()));
        await stage.ReopenAsync();
        Assert.Equal((200L, 200L), await stage.ReadAsync(id, s => s.Spent()));
    }

    [Fact]
    public async Task Who_asks_for_the_end_of_a_turn_late_is_told_why_it_failed_too()
    {
        await using var stage = Open(false, new Budget { TurnTokens = 5 });
        var id = await stage.NewAsync();
        var (session, turn) = await stage.SayAsync(id, "Hello", "k");
        var told = await session.WaitAsync(turn, Limits.Token);
        await Limits.UntilAsync(() => turn.Live is null);

        Assert.Contains("this turn is 5 tokens", told.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(told.Error, (await session.WaitAsync(turn, Limits.Token)).Error);
        Assert.Equal(told.Error.Code, (await stage.AskAsync(id, "Hello", "k")).Error!.Code);
    }

    [Fact]
    public async Task A_library_is_told_of_a_day_that_is_spent_as_of_too_many_with_a_time()
    {
        var time = new ManualTime();
        await using var stage = Open(false, new Budget { OwnerDayTokens = 1 }, time: time);
        var chat = await stage.Runtime.OpenAsync("guide");
        var refused = await Assert.ThrowsAsync<TroupeException>(() => chat.GetResponseAsync("Hello", cancellationToken: Limits.Token));
        Assert.Equal((ErrorKind.TooMany, "budget_exceeded", TimeSpan.FromHours(12)), (refused.Kind, refused.Code, refused.RetryAfter));
    }

    [Fact]
    public void A_budget_of_nothing_is_refused()
    {
        Assert.Equal("option_out_of_range", Assert.Throws<TroupeException>(() => Open(false, new Budget { TurnTokens = 0 })).Code);
        using var models = new ModelCatalog();
        Assert.Equal("option_out_of_range", Assert.Throws<TroupeException>(() => new AgentCatalog().Add(Guide with { Budget = new Budget { OwnerDayMoney = -1 } })).Code);
    }

    private static Stage Open(bool sqlite, Budget? budget, AgentDefinition? agent = null, TimeProvider? time = null) =>
        new(sqlite, agent ?? Guide, new AgentRuntimeOptions { Budget = budget, Time = time ?? TimeProvider.System }, Priced);

    /// <summary>The next call, which has said something and told its usage.</summary>
    private static async Task<ScriptedChatClient.Call> NextAsync(Stage stage)
    {
        var call = await stage.Model.NextAsync();
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [Chat.Asking.Usage(60, 40)]));
        return call;
    }

    private static async Task<TurnResult> SpendAsync(Stage stage, string id, string text, string? key = null)
    {
        var (session, turn) = await stage.SayAsync(id, text, key);
        (await NextAsync(stage)).Finish("Good day.");
        return await session.WaitAsync(turn, Limits.Token);
    }
}
