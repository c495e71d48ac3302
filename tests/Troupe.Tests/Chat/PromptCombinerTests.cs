using System.Text.Json;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

public sealed class PromptCombinerTests : IDisposable
{
    private readonly ScriptedChatClient _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task What_is_asked_while_a_request_is_under_way_goes_out_as_one()
    {
        var combiner = Combiner();
        var first = combiner.AskAsync("first", cancellationToken: Limits.Token);
        var alone = await _model.NextAsync();
        Assert.Equal("first", alone.Messages[^1].Text);
        var asking = Enumerable.Range(0, 10).Select(i => combiner.AskAsync($"prompt {i}", cancellationToken: Limits.Token)).ToList();
        alone.Finish("one");
        Assert.Equal("one", await first);

        var call = await _model.NextAsync();
        var parts = PartsOf(call);
        call.Finish("Here you are: " + JsonSerializer.Serialize(parts.ToDictionary(p => p.Key, p => "answer to " + p.Value, StringComparer.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"answer to prompt {i}"), await Task.WhenAll(asking));
        Assert.Equal(new CombineStatistics(11, 2, 10, 0), combiner.Statistics);
    }

    [Fact]
    public async Task A_part_that_is_missing_or_not_valid_is_asked_alone()
    {
        var combiner = Combiner();
        var asking = await TogetherAsync(combiner, ["a", "b", "c"], answer => answer.StartsWith("good", StringComparison.Ordinal));
        (await _model.NextAsync()).Finish("""{"1":"good a","3":"bad c"}""");
        for (var i = 0; i < 2; i++)
        {
            var call = await _model.NextAsync();
            call.Finish("good " + call.Messages[^1].Text);
        }

        Assert.Equal(["good a", "good b", "good c"], await Task.WhenAll(asking));
        Assert.Equal(new CombineStatistics(4, 4, 1, 2), combiner.Statistics);
    }

    [Theory]
    [InlineData("I would rather not.")]
    [InlineData("""{"1":"x","1":"y","2":"z"}""")]
    [InlineData("""["a","b"]""")]
    [InlineData("}{")]
    [InlineData("")]
    public async Task An_answer_that_cannot_be_read_is_nobodys(string answer)
    {
        var combiner = Combiner();
        var asking = await TogetherAsync(combiner, ["a", "b"]);
        (await _model.NextAsync()).Finish(answer);
        for (var i = 0; i < 2; i++)
        {
            var call = await _model.NextAsync();
            call.Finish("alone " + call.Messages[^1].Text);
        }

        Assert.Equal(["alone a", "alone b"], await Task.WhenAll(asking));
    }

    [Fact]
    public async Task A_failure_reaches_each_and_the_next_prompt_is_asked()
    {
        var combiner = Combiner();
        var asking = await TogetherAsync(combiner, ["a", "b"]);
        (await _model.NextAsync()).Fail(new ModelException(ModelErrorCodes.Unavailable, "away"));
        foreach (var each in asking)
        {
            Assert.Equal(ModelErrorCodes.Unavailable, (await Assert.ThrowsAsync<ModelException>(() => each)).Code);
        }

        var next = combiner.AskAsync("c", cancellationToken: Limits.Token);
        (await _model.NextAsync()).Finish("here");
        Assert.Equal("here", await next);
    }

    [Fact]
    public async Task Requests_keep_within_their_bounds_and_what_is_left_by_all_is_stopped()
    {
        var combiner = new PromptCombiner(_model, new CombineOptions { Instructions = "Answer.", MaxPrompts = 4, MaxCharacters = 100, AtOnce = 8, MaxWaiting = 9 });
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);
        var asking = Enumerable.Range(0, 9).Select(i => combiner.AskAsync(new string((char)('a' + i), i == 0 ? 500 : 20), cancellationToken: leave.Token)).ToList();
        var counts = new List<int>();
        var calls = new List<ScriptedChatClient.Call>();
        while (counts.Sum() < 9)
        {
            var call = await _model.NextAsync();
            calls.Add(call);
            counts.Add(call.Messages[^1].Text.StartsWith('{') ? PartsOf(call).Count : 1);
        }

        Assert.All(counts, c => Assert.InRange(c, 1, 4));
        Assert.True(counts.Count >= 3, $"{counts.Count} requests");
        await leave.CancelAsync();
        foreach (var each in asking)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => each);
        }

        foreach (var call in calls)
        {
            await call.LeftAsync();
        }
    }

    /// <summary>Asks several so that they go out as one: while a request before them takes the only place.</summary>
    private async Task<List<Task<string>>> TogetherAsync(PromptCombiner combiner, string[] prompts, Func<string, bool>? isValid = null)
    {
        var before = combiner.AskAsync("before", cancellationToken: Limits.Token);
        var call = await _model.NextAsync();
        var asking = prompts.Select(p => combiner.AskAsync(p, isValid, cancellationToken: Limits.Token)).ToList();
        call.Finish("done");
        await before;
        return asking;
    }

    private static Dictionary<string, string> PartsOf(ScriptedChatClient.Call call)
    {
        using var json = JsonDocument.Parse(call.Messages[^1].Text);
        return json.RootElement.GetProperty("prompts").EnumerateArray().ToDictionary(p => p.GetProperty("id").GetString()!, p => p.GetProperty("prompt").GetString()!, StringComparer.Ordinal);
    }

    private PromptCombiner Combiner(int atOnce = 1) => new(_model, new CombineOptions { Instructions = "Answer.", AtOnce = atOnce });
}
