using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Models;

namespace Troupe.Tests.Models;

public sealed class OfflineChatClientTests
{
    private static readonly Knowledge Guide = new("Welcome aboard.", [
        "Sessions are saved in one transaction.",
        "The journal commits everything that is waiting.",
        "Keys are shown once and stored hashed.",
    ]);

    private readonly OfflineChatClient _client = new();

    [Theory]
    [InlineData("Hello")]
    [InlineData("hi there!")]
    [InlineData("Good morning.")]
    [InlineData("  HEY  ")]
    public async Task It_greets_as_the_agent_does_and_says_what_it_is(string greeting)
    {
        var answer = await AskAsync(Guide, greeting);

        Assert.StartsWith("Welcome aboard.", answer, StringComparison.Ordinal);
        Assert.Contains("not a language model", answer, StringComparison.Ordinal);
        Assert.Contains(Guide.Facts[0], answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("How are sessions saved?", 0)]
    [InlineData("What does the journal do?", 1)]
    [InlineData("where are KEYS stored", 2)]
    [InlineData("Tell me about a session.", 0)]
    public async Task It_picks_the_fact_that_is_asked_for(string question, int fact) =>
        Assert.Equal(Guide.Facts[fact], await AskAsync(Guide, question));

    [Fact]
    public async Task It_admits_what_it_does_not_know()
    {
        var answer = await AskAsync(Guide, "What is the capital of France?");

        Assert.StartsWith("I know nothing about that.", answer, StringComparison.Ordinal);
        Assert.Contains("not a language model", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_remembers_what_it_was_told()
    {
        Assert.Contains("“My name is Ada. I like tea.”", await AskAsync(null, "My name is Ada. I like tea."), StringComparison.Ordinal);
        Assert.Equal("You told me: “My name is Ada.”", await AskAsync(null, "My name is Ada. I like tea.", "What is my name?"));
    }

    [Fact]
    public async Task What_was_said_last_holds()
    {
        var answer = await AskAsync(null, "My name is Ada.", "My name is Bob.", "What is my name?");

        Assert.StartsWith("You told me: “My name is Bob.”", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_are_not_facts()
    {
        var answer = await AskAsync(null, "Is my dog called Rex?", "What is my dog called?");

        Assert.DoesNotContain("You told me", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_the_same_each_time_however_it_is_read()
    {
        var first = await AskAsync(Guide, "I live in Oslo.", "How are keys and sessions saved and stored?");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(first, await AskAsync(Guide, "I live in Oslo.", "How are keys and sessions saved and stored?"));
        }

        var pieces = await _client.GetStreamingResponseAsync(Messages("I live in Oslo.", "How are keys and sessions saved and stored?"), OptionsOf(Guide), Limits.Token)
            .ToListAsync(Limits.Token);
        Assert.Equal(first, string.Concat(pieces.Select(p => p.Text)));
        Assert.True(pieces.Count > 2);
        Assert.Equal(ChatFinishReason.Stop, pieces[^1].FinishReason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("?")]
    [InlineData("\n\n")]
    [InlineData("…")]
    [InlineData("\ud83d")]
    [InlineData("😀😀")]
    [InlineData("the of and")]
    public async Task It_has_an_answer_to_anything(string said)
    {
        Assert.NotEmpty(await AskAsync(Guide, said));
        Assert.NotEmpty(await AskAsync(null, said, said));
    }

    [Fact]
    public async Task It_has_an_answer_to_nobody() => Assert.NotEmpty((await _client.GetResponseAsync([], cancellationToken: Limits.Token)).Text);

    [Fact]
    public async Task Messages_as_long_as_a_server_takes_are_answered()
    {
        // Words that are all different are the worst case: compared word by word, this would go on for minutes.
        var one = string.Join(' ', Enumerable.Range(0, 40_000).Select(i => $"w{i}"));
        var other = string.Join(". ", Enumerable.Range(0, 40_000).Select(i => $"v{i}"));

        var answer = await Task.Run(() => AskAsync(Guide, [.. Enumerable.Range(0, 10).Select(i => $"{i} {one}"), other, $"{one} sessions?"]), Limits.Token).Soon();

        Assert.NotEmpty(answer);
    }

    [Fact]
    public async Task It_stops_when_nobody_listens()
    {
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);
        await using var answer = _client.GetStreamingResponseAsync(Messages("Hello"), OptionsOf(Guide), caller.Token).GetAsyncEnumerator();
        Assert.True(await answer.MoveNextAsync());

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.MoveNextAsync().AsTask().Soon());
    }

    private static ChatMessage[] Messages(params string[] said) => [.. said.Select(s => new ChatMessage(ChatRole.User, s))];

    private static ChatOptions? OptionsOf(Knowledge? knowledge) => knowledge is null ? null : new() { AdditionalProperties = new() { [Knowledge.OptionName] = knowledge } };

    private async Task<string> AskAsync(Knowledge? knowledge, params string[] said) =>
        (await _client.GetResponseAsync(Messages(said), OptionsOf(knowledge), Limits.Token)).Text;
}
