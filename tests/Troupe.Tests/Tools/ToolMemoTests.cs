using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Agents;
using Troupe.Caching;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Tests.Sessions;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Tests.Tools;

/// <summary>Which runs of tools are shared, between whom, and for how long.</summary>
public sealed class ToolMemoTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly CacheCatalog _caches = new();
    private readonly SemaphoreSlim _places = new(64);
    private readonly ToolMemo _memo;
    private TaskCompletionSource<string> _answer = Said("known");
    private int _runs;

    public ToolMemoTests() => _memo = new ToolMemo(new ToolRunner(new Profiler(), _time, NullLogger.Instance), _caches, _time);

    public async ValueTask DisposeAsync()
    {
        await _caches.DisposeAsync();
        _places.Dispose();
    }

    [Fact]
    public async Task A_pure_tools_result_is_given_again_for_its_time_to_the_same_owner()
    {
        var tool = Tool(ToolKind.Pure, TimeSpan.FromMinutes(10));
        Assert.Equal(("known", null), await RunAsync(tool));
        Assert.Equal(("known", ToolSource.Cached), await RunAsync(tool, session: "2"));
        Assert.Equal(("known", null), await RunAsync(tool, "bob"));
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Equal(("known", ToolSource.Cached), await RunAsync(tool));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(("known", null), await RunAsync(tool));
        Assert.Equal(3, _runs);
    }

    [Fact]
    public async Task Owners_share_only_what_says_nothing_of_anybody()
    {
        var tool = Tool(ToolKind.Pure, TimeSpan.FromMinutes(10)) with { IsSharedByOwners = true };
        await RunAsync(tool);
        Assert.Equal(("known", ToolSource.Cached), await RunAsync(tool, "bob"));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_session_that_goes_and_another_function_of_the_name_leave_nothing_behind()
    {
        var tool = Tool(ToolKind.Pure, TimeSpan.FromMinutes(10));
        await RunAsync(tool);
        _caches.Tags.Invalidate(CacheCatalog.TagOfSession("1"));
        Assert.Equal(("known", null), await RunAsync(tool));
        Assert.Equal(("known", null), await RunAsync(Tool(ToolKind.Pure, TimeSpan.FromMinutes(10))));
        Assert.Equal(3, _runs);
    }

    [Theory]
    [InlineData(ToolKind.Pure)]
    [InlineData(ToolKind.Idempotent)]
    public async Task What_is_not_to_be_kept_is_merged_while_it_runs_and_run_again_after(ToolKind kind)
    {
        var tool = Tool(kind, null);
        _answer = new TaskCompletionSource<string>();
        var (first, second, bobs) = (RunAsync(tool), RunAsync(tool, session: "2"), RunAsync(tool, "bob"));
        await RunsAsync(2);
        _answer.SetResult("one");
        Assert.Equal([("one", null), ("one", ToolSource.Merged), ("one", null)], await Task.WhenAll(first, second, bobs));
        Assert.Equal(("one", null), await RunAsync(tool));
        Assert.Equal(3, _runs);
    }

    [Fact]
    public async Task A_kept_result_that_is_still_being_computed_is_merged_not_cached()
    {
        var tool = Tool(ToolKind.Pure, TimeSpan.FromMinutes(10));
        _answer = new TaskCompletionSource<string>();
        var (first, second) = (RunAsync(tool), RunAsync(tool));
        await RunsAsync(1);
        _answer.SetResult("one");
        Assert.Equal([("one", null), ("one", ToolSource.Merged)], await Task.WhenAll(first, second));
        Assert.Equal(("one", ToolSource.Cached), await RunAsync(tool));
    }

    [Fact]
    public async Task Unsafe_runs_are_never_merged()
    {
        var tool = Tool(ToolKind.Unsafe, null);
        _answer = new TaskCompletionSource<string>();
        var all = new[] { RunAsync(tool), RunAsync(tool) };
        await RunsAsync(2);
        _answer.SetResult("done");
        Assert.All(await Task.WhenAll(all), r => Assert.Equal(("done", null), r));
    }

    [Fact]
    public async Task Errors_and_late_answers_are_not_kept()
    {
        var tool = Tool(ToolKind.Pure, TimeSpan.FromMinutes(10)) with { Deadline = TimeSpan.FromSeconds(5) };
        _answer = new TaskCompletionSource<string>();
        _answer.SetException(new InvalidOperationException("Broken."));
        Assert.Contains("Broken.", (await RunAsync(tool)).Text, StringComparison.Ordinal);
        _answer = new TaskCompletionSource<string>();
        var late = RunAsync(tool);
        await RunsAsync(2);
        await Limits.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return late.IsCompleted;
        });

        Assert.Contains("did not answer", (await late).Text, StringComparison.Ordinal);
        _answer = Said("well");
        Assert.Equal(("well", null), await RunAsync(tool));
        Assert.Equal(("well", ToolSource.Cached), await RunAsync(tool));
    }

    [Theory]
    [InlineData("""{"a":1,"b":{"x":[1,2],"y":null}}""", """{"b":{"y":null,"x":[1,2]},"a":1}""", true)]
    [InlineData("""{ "a" : 1 }""", """{"a":1}""", true)]
    [InlineData("""{"a":1}""", """{"a":2}""", false)]
    [InlineData("""{"a":1}""", """{"a":"1"}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    [InlineData("""{"a":null}""", """{}""", false)]
    [InlineData("""{"a":"b\",\"c\":\"d"}""", """{"a":"b","c":"d"}""", false)]
    [InlineData("""{"a":{"b":1}}""", """{"a":{},"b":1}""", false)]
    public async Task The_order_of_arguments_does_not_matter_and_their_values_do(string one, string other, bool isSame)
    {
        var tool = Tool(ToolKind.Pure, TimeSpan.FromMinutes(10));
        await RunAsync(tool, arguments: one);
        await RunAsync(tool, arguments: other);
        Assert.Equal(isSame ? 1 : 2, _runs);
    }

    [Fact]
    public async Task Who_waits_for_anothers_run_takes_no_place_and_one_that_leaves_ends_it_for_nobody()
    {
        var tool = Tool(ToolKind.Pure, null);
        _answer = new TaskCompletionSource<string>();
        using var one = new SemaphoreSlim(1);
        using var leave = new CancellationTokenSource();
        var first = _memo.RunAsync(tool, "ann", "1", null, one, leave.Token);
        await RunsAsync(1);
        var second = _memo.RunAsync(tool, "ann", "1", null, one, Limits.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _answer.SetResult("whole");
        Assert.Equal("whole", (await second).Text);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_second_turn_is_told_in_its_log_and_to_its_readers_that_the_result_was_known()
    {
        await using var stage = new Stage(agent: new AgentDefinition { Name = "guide", Tools = ["look"] });
        stage.Runtime.Tools.Add(Tool(ToolKind.Pure, TimeSpan.FromMinutes(10)));
        foreach (var source in new[] { null, ToolSource.Cached })
        {
            var id = await stage.NewAsync();
            var (session, turn) = await stage.SayAsync(id, "Look.");
            var call = await stage.Model.NextAsync();
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var told = ReadAsync(session, turn, begun);

            // A reader who comes when it is over is told how it ended, not how it went.
            await begun.Task.Soon();
            call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read("c", "look", "{}")]) { FinishReason = ChatFinishReason.ToolCalls });
            call.Updates.Writer.TryComplete();
            (await stage.Model.NextAsync()).Finish("Seen.");
            await session.WaitAsync(turn, Limits.Token);

            Assert.Equal((null, source), (await told) is [var asked, var answered] ? (asked.Source, answered.Source) : ("?", "?"));
            var result = (await stage.EntriesAsync(id)).Single(e => e.Role == EntryRole.ToolResult);
            Assert.Equal(("known", ToolStatus.Ok, source), (result.Text, ToolData.Read(result)!.Status, ToolData.Read(result)!.Source));
        }

        Assert.Equal(1, _runs);

        static async Task<List<ToolNotice>> ReadAsync(Session session, Turn turn, TaskCompletionSource begun)
        {
            var notices = new List<ToolNotice>();
            await foreach (var happened in session.FollowAsync(turn, null, Limits.Token))
            {
                begun.TrySetResult();
                if (happened is TurnEvent.Tool tool)
                {
                    notices.Add(tool.Notice);
                }
            }

            return notices;
        }
    }

    [Fact]
    public void A_declaration_that_cannot_be_kept_is_refused()
    {
        Refused(Tool(ToolKind.Idempotent, TimeSpan.FromMinutes(1)), "CacheFor");
        Refused(Tool(ToolKind.Unsafe, TimeSpan.FromMinutes(1)), "CacheFor");
        Refused(Tool(ToolKind.Pure, TimeSpan.Zero), "CacheFor");
        Refused(Tool(ToolKind.Pure, TimeSpan.FromDays(366)), "CacheFor");
        Refused(Tool(ToolKind.Unsafe, null) with { Batch = (_, _) => Task.FromResult<IReadOnlyList<object?>>([]) }, "Batch");
        Refused(Tool(ToolKind.Pure, null) with { MaxBatch = 1 }, "MaxBatch");
        Refused(Tool(ToolKind.Pure, null) with { MaxBatch = 1001 }, "MaxBatch");

        static void Refused(ToolDefinition tool, string member)
        {
            var refused = Assert.Throws<TroupeException>(() => new ToolCatalog().Add(tool));
            Assert.Equal("tool_invalid", refused.Code);
            Assert.Contains(member, refused.Message, StringComparison.Ordinal);
        }
    }

    private static TaskCompletionSource<string> Said(string text)
    {
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        said.SetResult(text);
        return said;
    }

    private ToolDefinition Tool(ToolKind kind, TimeSpan? cacheFor) => new(AIFunctionFactory.Create(
        () =>
        {
            Interlocked.Increment(ref _runs);
            return _answer.Task;
        },
        "look"))
    {
        Kind = kind,
        CacheFor = cacheFor,
    };

    private async Task<(string Text, string? Source)> RunAsync(ToolDefinition tool, string owner = "ann", string session = "1", string arguments = "{}")
    {
        var outcome = await _memo.RunAsync(tool, owner, session, ToolArguments.Read("c", "look", arguments).Arguments, _places, Limits.Token);
        return (outcome.Text, outcome.Source);
    }

    private async Task RunsAsync(int runs)
    {
        await Limits.UntilAsync(() => Volatile.Read(ref _runs) >= runs);
    }
}
