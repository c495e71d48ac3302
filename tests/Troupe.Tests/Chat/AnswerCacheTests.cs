using Microsoft.Extensions.AI;
using Troupe.Caching;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>Which answers are given again, to whom, and what such an answer is like.</summary>
public sealed class AnswerCacheTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly CacheCatalog _caches = new();
    private readonly ScriptedChatClient _provider = new();
    private readonly ModelCatalog _models;
    private readonly Model _model;

    public AnswerCacheTests()
    {
        _models = new ModelCatalog(_time, _caches);
        _model = _models.Add("first", _provider);
    }

    public async ValueTask DisposeAsync()
    {
        _models.Dispose();
        await _caches.DisposeAsync();
    }

    [Fact]
    public async Task What_does_not_ask_for_it_is_neither_kept_nor_merged()
    {
        var together = new[] { _model.AskAsync("Hello", Asking.For(scope: null)), _model.AskAsync("Hello", Asking.For(scope: null)), _model.AskAsync("Hello", new ChatOptions { Temperature = 0 }) };
        foreach (var text in new[] { "one", "two", "three" })
        {
            (await _provider.NextAsync()).Finish(text);
        }

        Assert.Equal(["one", "three", "two"], (await Task.WhenAll(together)).Select(r => r.Text).Order(StringComparer.Ordinal));
        _provider.Reply = _ => "four";
        Assert.Equal("four", (await _model.AskAsync("Hello", Asking.For(scope: null))).Text);
    }

    [Theory]
    [InlineData(0f, false, 1)]
    [InlineData(null, false, 2)]
    [InlineData(0.7f, false, 2)]
    [InlineData(0.7f, true, 1)]
    [InlineData(null, true, 1)]
    public async Task A_sample_is_given_again_only_at_temperature_0_or_where_one_is_as_good_as_another(float? temperature, bool reuseSamples, int calls)
    {
        _provider.Reply = _ => "Good day.";
        await _model.AskAsync("Hello", Asking.For(temperature: temperature, reuseSamples: reuseSamples));
        await _model.AskAsync("Hello", Asking.For(temperature: temperature, reuseSamples: reuseSamples));
        Assert.Equal(calls, _provider.Count);
    }

    [Theory]
    [InlineData(AnswerScope.Session, 4)]
    [InlineData(AnswerScope.Owner, 2)]
    [InlineData(AnswerScope.Global, 1)]
    public async Task An_answer_is_given_again_within_its_scope(AnswerScope scope, int calls)
    {
        _provider.Reply = _ => "Good day.";
        foreach (var (owner, session) in new[] { ("ann", "1"), ("ann", "2"), ("bob", "1"), ("bob", "2"), ("ann", "1") })
        {
            await _model.AskAsync("Hello", Asking.For(owner, session, scope));
        }

        Assert.Equal(calls, _provider.Count);
    }

    [Fact]
    public async Task Without_a_session_nothing_is_kept_for_a_session_and_two_models_share_nothing()
    {
        _provider.Reply = _ => "Good day.";
        await _model.AskAsync("Hello", Asking.For(scope: AnswerScope.Session));
        await _model.AskAsync("Hello", Asking.For(scope: AnswerScope.Session));
        Assert.Equal(2, _provider.Count);

        var other = _models.Add("second", new ScriptedChatClient { Reply = _ => "I am another." });
        await _model.AskAsync("Hello", Asking.For());
        Assert.Equal("I am another.", (await other.AskAsync("Hello", Asking.For())).Text);
    }

    [Fact]
    public async Task A_known_answer_is_played_back_whole_and_says_that_it_is_one()
    {
        var first = _model.StreamAsync("Hello", Asking.For());
        var call = await _provider.NextAsync();
        call.Add(new TextReasoningContent("Hm.") { ProtectedData = "sealed" });
        call.Say("Let me ");
        call.Say("see.");
        call.Add(ToolArguments.Read("c1", "look", """{"at":"door"}"""));
        call.Add(Asking.Usage(100, 20));
        call.End(ChatFinishReason.ToolCalls);
        var told = await first;
        var again = await _model.StreamAsync("Hello", Asking.For());

        Assert.Equal(1, _provider.Count);
        Assert.Equal(told.Select(Describe), again.Select(Describe));
        Assert.Equal(6, again.Count);
        Assert.Null(AnswerOrigin.Of(told[0]));
        Assert.Equal(AnswerOrigin.Cache, AnswerOrigin.Of(again[0]));
        Assert.All(again.Skip(1), u => Assert.Null(AnswerOrigin.Of(u)));
        Assert.Equal((1L, 1L, 0L, 120L), (_model.Metrics.ProviderCalls, _model.Metrics.Cached, _model.Metrics.Coalesced, _model.Metrics.SavedTokens));
        Assert.Equal((100L, 20L), (_model.Metrics.InputTokens, _model.Metrics.OutputTokens));

        static string Describe(ChatResponseUpdate update) => string.Join('|', update.Contents.Select(c => c switch
        {
            TextReasoningContent reasoning => $"reasoning {reasoning.Text} {reasoning.ProtectedData}",
            TextContent text => $"text {text.Text}",
            FunctionCallContent asked => $"call {asked.CallId} {asked.Name} {ToolArguments.Write(asked)} {asked.Arguments!.Count}",
            UsageContent usage => $"usage {usage.Details.InputTokenCount} {usage.Details.OutputTokenCount}",
            _ => "?",
        })) + update.FinishReason?.Value;
    }

    [Fact]
    public async Task Who_changes_what_it_was_given_changes_nothing_for_the_next()
    {
        var first = _model.StreamAsync("Hello", Asking.For());
        var call = await _provider.NextAsync();
        call.Updates.Writer.TryWrite(new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("true") { RawRepresentation = this }, ToolArguments.Read("c", "f", """{"x":1}"""), Asking.Usage(1, 1)]) { RawRepresentation = this });
        call.End(ChatFinishReason.Stop);
        Spoil(await first);
        for (var round = 0; round < 2; round++)
        {
            var again = await _model.StreamAsync("Hello", Asking.For());
            Assert.Equal("true", again[0].Text);
            Assert.Equal("c", again[0].Contents.OfType<FunctionCallContent>().Single().CallId);
            Assert.Equal("x", again[0].Contents.OfType<FunctionCallContent>().Single().Arguments!.Single().Key);
            Assert.Equal(1, again[0].Contents.OfType<UsageContent>().Single().Details.InputTokenCount);
            Assert.All(again, u => Assert.Null(u.RawRepresentation));
            Assert.All(again.SelectMany(u => u.Contents), c => Assert.Null(c.RawRepresentation));
            Spoil(again);
        }

        static void Spoil(List<ChatResponseUpdate> updates)
        {
            updates[0].Contents.OfType<TextContent>().Single().Text = "false";
            updates[0].Contents.OfType<FunctionCallContent>().Single().Arguments!.Clear();
            updates[0].Contents.OfType<UsageContent>().Single().Details.InputTokenCount = 99;
            updates[0].Contents.Clear();
            (updates[0].AdditionalProperties ??= [])["spoiled"] = true;
        }
    }

    [Theory]
    [InlineData("length")]
    [InlineData("content_filter")]
    [InlineData("no finish")]
    [InlineData("broken call")]
    [InlineData("error content")]
    [InlineData("unknown content")]
    [InlineData("annotations")]
    [InlineData("failure")]
    [InlineData("nothing")]
    public async Task What_is_not_whole_is_not_kept(string what)
    {
        var first = _model.AskAsync("Hello", Asking.For());
        var call = await _provider.NextAsync();
        if (what != "nothing")
        {
            call.Say("So far.");
        }

        AIContent? odd = what switch
        {
            "broken call" => ToolArguments.Read("c", "f", "{broken"),
            "error content" => new ErrorContent("No."),
            "unknown content" => new HostedFileContent("f"),
            "annotations" => new TextContent("x") { Annotations = [new CitationAnnotation()] },
            _ => null,
        };
        if (odd is not null)
        {
            call.Add(odd);
        }

        switch (what)
        {
            case "length" or "content_filter":
                call.End(new ChatFinishReason(what));
                break;

            case "no finish" or "nothing":
                call.Updates.Writer.TryComplete();
                break;

            case "failure":
                call.Fail(new ModelException(ModelErrorCodes.BrokenAnswer, "Broken."));
                break;

            default:
                call.End(ChatFinishReason.Stop);
                break;
        }

        await Task.WhenAny(first);
        _provider.Reply = _ => "Whole.";
        Assert.Equal("Whole.", (await _model.AskAsync("Hello", Asking.For())).Text);
        Assert.Equal("Whole.", (await _model.AskAsync("Hello", Asking.For())).Text);
        Assert.Equal(2, _provider.Count);
    }

    [Fact]
    public async Task What_another_model_said_is_kept_by_nobody_also_not_by_who_waited_for_it()
    {
        var other = new ScriptedChatClient();
        _models.Add("other", other);
        var failing = new ScriptedChatClient();
        var model = _models.Add(new ModelInfo { Name = "failing", Provider = "test", Fallbacks = ["other"] }, failing);

        var first = model.StreamAsync("Hello", Asking.For());
        (await failing.NextAsync()).Fail(new ModelException(ModelErrorCodes.Unavailable, "No."));
        var call = await other.NextAsync();
        call.Say("Instead");
        var second = model.StreamAsync("Hello", Asking.For());
        await Limits.UntilAsync(() => model.Metrics.Coalesced > 0);

        call.Finish(" of it.");
        Assert.Equal(AnswerOrigin.Fallback, AnswerOrigin.Of((await first)[0]));
        Assert.Equal(AnswerOrigin.Coalesced, AnswerOrigin.Of((await second)[0]));
        Assert.Equal("Instead of it.", string.Concat((await second).Select(u => u.Text)));
        failing.Reply = _ => "Myself.";
        Assert.Equal("Myself.", (await model.AskAsync("Hello", Asking.For())).Text);
        Assert.Equal((2, 1), (failing.Count, other.Count));
    }

    [Fact]
    public async Task An_answer_has_its_time_and_the_callers_own_goes_first()
    {
        _provider.Reply = _ => "Good day.";
        var longer = () => Asking.For("bob", timeToLive: TimeSpan.FromMinutes(10));
        await _model.AskAsync("Hello", Asking.For());
        await _model.AskAsync("Hello", longer());
        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        await _model.AskAsync("Hello", Asking.For());
        Assert.Equal(2, _provider.Count);
        _time.Advance(TimeSpan.FromTicks(1));
        await _model.AskAsync("Hello", longer());
        Assert.Equal(2, _provider.Count);
        await _model.AskAsync("Hello", Asking.For());
        Assert.Equal(3, _provider.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_said_for_a_session_is_gone_with_it_also_when_it_goes_while_the_model_speaks(bool isRunning)
    {
        var first = _model.AskAsync("Hello", Asking.For(session: "1"));
        var call = await _provider.NextAsync();
        call.Say("Good");
        if (isRunning)
        {
            _caches.Tags.Invalidate(CacheCatalog.TagOfSession("1"));
        }

        call.Finish(" day.");
        Assert.Equal("Good day.", (await first).Text);
        if (!isRunning)
        {
            _caches.Tags.Invalidate(CacheCatalog.TagOfSession("1"));
        }

        _provider.Reply = _ => "Anew.";
        Assert.Equal("Anew.", (await _model.AskAsync("Hello", Asking.For(session: "2"))).Text);
    }

    [Fact]
    public async Task A_call_that_is_made_again_with_another_request_does_not_keep_its_former_key()
    {
        var options = Asking.For();
        _provider.Reply = messages => messages[^1].Text;
        Assert.Equal("One", (await _model.AskAsync("One", options)).Text);
        options.ConversationId = "kept by the provider";
        var (first, second) = (_model.AskAsync("Two", options), _model.AskAsync("Three", options));
        Assert.Equal(("Two", "Three"), ((await first).Text, (await second).Text));
        Assert.Equal(3, _provider.Count);
    }

    [Fact]
    public async Task Without_a_time_to_live_nothing_is_kept_or_merged()
    {
        using var models = new ModelCatalog(_time, options: new AnswerCacheOptions { TimeToLive = null });
        var provider = new ScriptedChatClient { Reply = _ => "Good day." };
        var model = models.Add("plain", provider);
        await model.AskAsync("Hello", Asking.For());
        await model.AskAsync("Hello", Asking.For(timeToLive: TimeSpan.FromHours(1)));
        Assert.Equal(2, provider.Count);
    }

    [Fact]
    public async Task Of_ten_thousand_requests_of_many_at_once_no_word_crosses_to_another_owner_or_session()
    {
        // The model repeats who asked, which is not in the words: whoever is told another's answer sees another's name.
        var provider = new CanaryChatClient();
        var model = _models.Add("canary", provider);
        var seed = int.TryParse(Environment.GetEnvironmentVariable("TROUPE_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        await Parallel.ForAsync(0, 10_000, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Limits.Token }, async (number, token) =>
        {
            var random = new Random(seed + number);
            var (owner, session) = ($"owner{random.Next(20)}", $"session{random.Next(5)}");
            var scope = random.Next(2) == 0 ? AnswerScope.Owner : AnswerScope.Session;
            var text = (await model.AskAsync($"question {random.Next(10)}", Asking.For(owner, session, scope), token)).Text;
            Assert.True(text == owner || text == $"{owner}/{session}", $"{owner}/{session} was told of {text}, with the seed {seed}");
            if (random.Next(200) == 0)
            {
                _caches.Tags.Invalidate(CacheCatalog.TagOfSession(session));
            }
        });
        Assert.InRange(provider.Count, 20 * 10, 9999);
    }
}
