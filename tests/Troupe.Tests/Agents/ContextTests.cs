using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Storage;
using Troupe.Tests.Sessions;

namespace Troupe.Tests.Agents;

public sealed class ContextTests
{
    private const string Introduction = "Summary of the earlier conversation:\n";

    [Fact]
    public async Task Instructions_come_first_then_the_history_then_the_input()
    {
        await using var stage = new Stage(agent: new AgentDefinition { Name = "guide", Instructions = "Be brief." });
        var seen = Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "one");
        await stage.AskAsync(id, "two");

        Assert.Equal([(ChatRole.System, "Be brief."), (ChatRole.User, "one"), (ChatRole.Assistant, "re one"), (ChatRole.User, "two")], seen[^1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(400)]
    public async Task Every_call_is_inside_the_budget_and_history_is_cut_in_large_steps(int length)
    {
        await using var stage = Small(out var budget);
        var seen = Watch(stage, reply: new string('b', length));
        var id = await stage.NewAsync();
        var turns = 200;
        for (var i = 0; i < turns; i++)
        {
            await stage.AskAsync(id, new string('a', length));
        }

        Assert.All(seen, messages => Assert.InRange(messages.Sum(m => m.Text.Length + 4), 1, budget));
        var summaries = (await stage.EntriesAsync(id)).Where(e => e.Role == EntryRole.Summary).ToList();
        Assert.NotEmpty(summaries);

        // A step frees at least a quarter of the budget.
        Assert.InRange(summaries.Count, 1, 1 + (turns * 2 * (length + 4) / (budget / 4)));
        Assert.StartsWith(Introduction, seen[^1][1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Between_two_steps_the_beginning_of_the_context_stays_as_it_is()
    {
        await using var stage = Small(out _);
        var seen = Watch(stage);
        var id = await stage.NewAsync();
        for (var i = 0; i < 100; i++)
        {
            await stage.AskAsync(id, $"a message of some length, number {i}");
        }

        var steps = seen.Zip(seen.Skip(1)).Count(pair => !pair.Second.Take(pair.First.Count).SequenceEqual(pair.First));
        Assert.Equal((await stage.EntriesAsync(id)).Count(e => e.Role == EntryRole.Summary), steps);
    }

    [Fact]
    public async Task The_two_thousandth_turn_is_not_longer_than_the_budget()
    {
        await using var stage = Small(out var budget);
        var seen = Watch(stage, keepLast: true);
        var id = await stage.NewAsync();
        for (var i = 0; i < 2000; i++)
        {
            await stage.AskAsync(id, $"message {i}");
        }

        var last = Assert.Single(seen);
        Assert.InRange(last.Sum(m => m.Text.Length + 4), 1, budget);
        Assert.Equal("message 1999", last[^1].Text);
        Assert.Equal("re message 1998", last[^2].Text);
    }

    [Fact]
    public async Task A_summary_serves_its_descendants_only_and_works_after_a_reload()
    {
        await using var stage = Small(out var budget);
        var seen = Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "the first");
        while (!(await stage.EntriesAsync(id)).Any(e => e.Role == EntryRole.Summary))
        {
            await stage.AskAsync(id, new string('x', 60));
        }

        await stage.AskAsync(id, "after the summary");
        var grown = seen[^1];
        Assert.StartsWith(Introduction, grown[1].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("the first", grown.Skip(2).Select(m => m.Text));

        var head = await stage.ReadAsync(id, s => s.Head);
        await stage.AskAsync(id, "a branch before it", parent: 2);
        Assert.Equal(["the first", "re the first", "a branch before it"], seen[^1].Skip(1).Select(m => m.Text));

        await stage.AskAsync(id, "back", parent: head);
        Assert.Equal([.. grown, (ChatRole.Assistant, "re after the summary"), (ChatRole.User, "back")], seen[^1]);
        var before = seen[^1];
        await stage.ReopenAsync();
        await stage.AskAsync(id, "reloaded");
        Assert.Equal([.. before, (ChatRole.Assistant, "re back"), (ChatRole.User, "reloaded")], seen[^1]);
        Assert.InRange(seen[^1].Sum(m => m.Text.Length + 4), 1, budget);
    }

    [Fact]
    public async Task A_summary_covers_its_path_and_every_entry_stays_in_the_log()
    {
        await using var stage = Small(out _);
        Watch(stage);
        var id = await stage.NewAsync();
        for (var i = 0; i < 100; i++)
        {
            await stage.AskAsync(id, $"a message of some length, number {i}");
        }

        var entries = await stage.EntriesAsync(id);
        Assert.Equal(100, entries.Count(e => e.Role == EntryRole.User));
        Assert.Equal(100, entries.Count(e => e.Role == EntryRole.Assistant));
        var summaries = entries.Where(e => e.Role == EntryRole.Summary).ToList();
        Assert.True(summaries.Count >= 2);
        var covers = summaries.ConvertAll(s => int.Parse(s.Data!.Split(':', '}')[1]));
        Assert.Equal(covers.Distinct().Order(), covers);
        Assert.All(summaries.Zip(covers), x => Assert.True(x.Second < x.First.Parent));

        // What the first summary begins with is still in the last.
        Assert.StartsWith(summaries[0].Text[..60], summaries[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_models_own_summary_is_used_where_it_can_and_the_first_lines_where_it_fails()
    {
        await using var stage = Small(out var budget, canSummarize: true);
        var fails = false;
        stage.Model.Reply = messages => !messages[0].Text.StartsWith("Summarise", StringComparison.Ordinal) ? "ok"
            : fails ? throw new IOException("no summary today")
            : string.Concat(Enumerable.Repeat("🦊", 5000));
        var id = await stage.NewAsync();
        while ((await stage.EntriesAsync(id)).Count(e => e.Role == EntryRole.Summary) < 2)
        {
            Assert.Equal(TurnState.Completed, (await stage.AskAsync(id, new string('x', 50))).State);
            fails = (await stage.EntriesAsync(id)).Any(e => e.Role == EntryRole.Summary);
        }

        var summaries = (await stage.EntriesAsync(id)).Where(e => e.Role == EntryRole.Summary).ToList();
        Assert.StartsWith("🦊", summaries[0].Text, StringComparison.Ordinal);
        Assert.All(summaries, s => Assert.Equal(s.Text, TextRules.Mend(s.Text)));
        Assert.All(summaries, s => Assert.InRange(s.Text.Length, 1, budget));
        Assert.Contains("User: xxx", summaries[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_cannot_fit_fails_and_keeps_the_session_usable()
    {
        await using var stage = Small(out var budget);
        Watch(stage);
        var id = await stage.NewAsync();
        await stage.AskAsync(id, "hello");

        var failed = await stage.AskAsync(id, new string('x', budget));

        Assert.Equal((TurnState.Failed, "model_context_exceeded"), (failed.State, failed.Error!.Code));
        Assert.Equal(TurnState.Completed, (await stage.AskAsync(id, "shorter")).State);
        Assert.Equal(2, stage.Model.Count);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(200)]
    public async Task A_message_that_just_fits_leaves_the_whole_inside_the_budget(int left)
    {
        await using var stage = Small(out var budget);
        var seen = Watch(stage);
        var id = await stage.NewAsync();
        for (var i = 0; i < 5; i++)
        {
            await stage.AskAsync(id, new string('y', 50));
        }

        var result = await stage.AskAsync(id, new string('x', budget - left));

        Assert.Equal(TurnState.Completed, result.State);
        Assert.InRange(seen[^1].Sum(m => m.Text.Length + 4), 1, budget);
    }

    [Fact]
    public async Task A_context_smaller_than_the_usual_reply_still_takes_a_message()
    {
        await using var stage = new Stage(agent: new AgentDefinition { Name = "guide", ContextTokens = 256 });
        Watch(stage);

        Assert.Equal(TurnState.Completed, (await stage.AskAsync(await stage.NewAsync(), "hello")).State);
    }

    [Fact]
    public async Task Failed_and_cancelled_turns_leave_the_context_valid()
    {
        await using var stage = new Stage();
        var id = await stage.NewAsync();
        var asked = stage.AskAsync(id, "one");
        var call = await stage.Model.NextAsync();
        call.Say("half");
        call.Fail(new IOException());
        await asked;
        var seen = Watch(stage);
        await stage.AskAsync(id, "two");

        Assert.Equal(["two"], seen[^1].Select(m => m.Text));
    }

    private static Stage Small(out int budget, bool canSummarize = false)
    {
        // 512 tokens of context, 128 of them for the reply, at 3.6 characters a token.
        budget = (int)((512 - 128) * 3.6);
        return new Stage(
            agent: new AgentDefinition { Name = "guide", Instructions = "Be brief." },
            model: new ModelInfo { Name = "scripted", Provider = "test", ContextTokens = 512, ReplyTokens = 128, CanSummarize = canSummarize });
    }

    /// <summary>Answers at once, and keeps what each call saw, or the last call alone.</summary>
    private static List<List<(ChatRole Role, string Text)>> Watch(Stage stage, string? reply = null, bool keepLast = false)
    {
        List<List<(ChatRole Role, string Text)>> seen = [];
        stage.Model.Reply = messages =>
        {
            if (keepLast)
            {
                seen.Clear();
            }

            seen.Add([.. messages.Select(m => (m.Role, m.Text))]);
            return reply ?? $"re {messages[^1].Text}";
        };
        return seen;
    }
}
