using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Models;

namespace Troupe.Tests.Models;

/// <summary>Anthropic's protocol as a provider over real HTTP speaks it, well and badly.</summary>
public sealed class AnthropicChatClientTests
{
    private const string Key = "key-that-nobody-may-see";
    private const string Words = "the provider's own words";

    private const string Start = """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"test","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"output_tokens":1}}}""";
    private const string TextStart = """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
    private const string TextStop = """{"type":"content_block_stop","index":0}""";
    private const string End = """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}""";
    private const string Stop = """{"type":"message_stop"}""";

    [Fact]
    public async Task An_answer_is_read_with_its_usage_and_the_request_holds_what_was_said()
    {
        await using var provider = await FakeProvider.StartAsync(Says("Good", " day."));
        using var client = Client(provider);

        var answer = await client.GetResponseAsync(
            [new(ChatRole.System, "You are brief."), new(ChatRole.User, "Hello"), new(ChatRole.Assistant, "Yes?"), new(ChatRole.User, "Good day")], cancellationToken: Limits.Token);

        Assert.Equal("Good day.", answer.Text);
        Assert.Equal((ChatFinishReason.Stop, 12L, 7L), (answer.FinishReason, answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount));
        var request = await provider.NextAsync();
        Assert.Equal($"Bearer {Key}", request.Headers["Authorization"]);
        using var body = JsonDocument.Parse(request.Body);
        Assert.Equal(["user", "assistant", "user"], body.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        Assert.Contains("You are brief.", body.RootElement.GetProperty("system").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_is_asked_for_and_its_result_goes_back()
    {
        await using var provider = await FakeProvider.StartAsync(
            Sends(
                Start,
                """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"look","input":{}}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"where\":"}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"north\"}"}}""",
                TextStop,
                """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}""",
                Stop),
            Says("A door."));
        using var client = Client(provider);
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string where) => "a door", "look")] };

        var asked = await client.GetResponseAsync("Look.", options, Limits.Token);
        var call = asked.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>().Single();
        Assert.Equal(("toolu_1", "look", "north"), (call.CallId, call.Name, call.Arguments!["where"]!.ToString()));

        // As the host sends it: from its log, with the arguments as the model wrote them.
        var answer = await client.GetResponseAsync(
            [
                new(ChatRole.User, "Look."),
                new(ChatRole.Assistant, [ToolArguments.Read("toolu_1", "look", """{"where":"north"}""")]),
                new(ChatRole.Tool, [new FunctionResultContent("toolu_1", "a door")]),
            ],
            options, Limits.Token);

        Assert.Equal("A door.", answer.Text);
        await provider.NextAsync();
        Assert.Contains("tool_result", (await provider.NextAsync()).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, ModelErrorCodes.Unauthorized)]
    [InlineData(403, ModelErrorCodes.Unauthorized)]
    [InlineData(400, ModelErrorCodes.Refused)]
    [InlineData(413, ModelErrorCodes.TooLong)]
    [InlineData(429, ModelErrorCodes.RateLimited)]
    [InlineData(500, ModelErrorCodes.Unavailable)]
    [InlineData(529, ModelErrorCodes.Unavailable)]
    public async Task A_refusal_has_its_code_and_shows_neither_the_key_nor_the_providers_words(int status, string code)
    {
        var body = $$$"""{"type":"error","error":{"type":"api_error","message":"{{{Words}}} {{{Key}}}"}}""";
        await using var provider = await FakeProvider.StartAsync(FakeProvider.Status(status, body, ("Content-Type", "application/json")));
        using var client = Client(provider);

        var failure = await Assert.ThrowsAsync<ModelException>(() => client.GetResponseAsync("Hello", cancellationToken: Limits.Token));

        Assert.Equal(code, failure.Code);
        Assert.DoesNotContain(Key, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Words, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_passes_is_tried_again_before_the_answer_begins()
    {
        await using var provider = await FakeProvider.StartAsync(FakeProvider.Status(529, "", ("retry-after-ms", "1")), Says("At last."));
        using var client = Client(provider, retries: 2);

        Assert.Equal("At last.", (await client.GetResponseAsync("Hello", cancellationToken: Limits.Token)).Text);
        Assert.Equal(2, provider.Count);
    }

    [Fact]
    public async Task An_error_in_the_middle_keeps_what_was_said_and_is_not_tried_again()
    {
        await using var provider = await FakeProvider.StartAsync(Sends(
            Start, TextStart, Delta("So far"), $$$"""{"type":"error","error":{"type":"overloaded_error","message":"{{{Words}}}"}}"""));
        using var client = Client(provider, retries: 2);

        var (said, failure) = await ReadAsync(client);

        Assert.Equal(("So far", ModelErrorCodes.Unavailable, 1), (said, failure?.Code, provider.Count));
        Assert.DoesNotContain(Words, failure!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_without_a_stop_reason_is_a_broken_answer()
    {
        await using var provider = await FakeProvider.StartAsync(Sends(Start, TextStart, Delta("So far"), TextStop));
        using var client = Client(provider);

        var (said, failure) = await ReadAsync(client);

        Assert.Equal(("So far", ModelErrorCodes.BrokenAnswer), (said, failure?.Code));
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_is_an_error()
    {
        await using var provider = await FakeProvider.StartAsync(async exchange =>
        {
            await Sends(Start, TextStart, Delta("So far"))(exchange);
            exchange.Reset();
        });
        using var client = Client(provider);

        var (_, failure) = await ReadAsync(client);

        Assert.Equal(ModelErrorCodes.Unavailable, failure?.Code);
    }

    [Fact]
    public async Task A_hang_ends_with_the_idle_timeout_and_a_cancel_reaches_the_provider()
    {
        await using var provider = await FakeProvider.StartAsync(async exchange =>
        {
            await Sends(Start, TextStart, Delta("So far"))(exchange);
            await exchange.HangAsync();
        });
        using var hasty = Client(provider, idle: TimeSpan.FromSeconds(2));
        Assert.Equal(ModelErrorCodes.Timeout, (await ReadAsync(hasty)).Failure?.Code);

        await provider.NextAsync();
        using var patient = Client(provider);
        using var cancel = new CancellationTokenSource();
        var reading = ReadAsync(patient, cancel.Token);
        var exchange = await provider.NextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await exchange.Gone.Soon();
    }

    private static AnthropicChatClient Client(FakeProvider provider, int retries = 0, TimeSpan? idle = null) => new(new AnthropicOptions
    {
        BaseUrl = new Uri(provider.BaseUrl.GetLeftPart(UriPartial.Authority)),
        ApiKey = Key,
        Model = "test",
        MaxRetries = retries,
        IdleTimeout = idle ?? TimeSpan.FromSeconds(60),
    });

    private static string Delta(string text) => $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""";

    private static Func<FakeProvider.Exchange, Task> Says(params string[] pieces) => Sends([Start, TextStart, .. pieces.Select(Delta), TextStop, End, Stop]);

    private static Func<FakeProvider.Exchange, Task> Sends(params string[] events) => async exchange =>
    {
        exchange.Begin(200, "text/event-stream");
        foreach (var data in events)
        {
            await exchange.SendRawAsync($"event: {JsonElement.Parse(data).GetProperty("type").GetString()}\ndata: {data}\n\n");
        }
    };

    private static async Task<(string Said, ModelException? Failure)> ReadAsync(IChatClient client, CancellationToken cancellationToken = default)
    {
        var said = "";
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync("Hello", cancellationToken: cancellationToken == default ? Limits.Token : cancellationToken))
            {
                said += update.Text;
            }

            return (said, null);
        }
        catch (ModelException failure)
        {
            return (said, failure);
        }
    }
}
