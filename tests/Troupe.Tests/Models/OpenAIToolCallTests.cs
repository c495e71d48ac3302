using Microsoft.Extensions.AI;
using Troupe.Chat;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

public sealed class OpenAIToolCallTests : ProviderTests
{
    [Fact]
    public async Task Calls_in_pieces_are_put_together()
    {
        var calls = await CallsAsync(
            """[{"index":0,"id":"a","type":"function","function":{"name":"get_weather","arguments":""}}]""",
            """[{"index":0,"function":{"arguments":"{\"city\":"}}]""",
            """[{"index":1,"id":"b","type":"function","function":{"name":"get_time","arguments":"{\"zone\""}}]""",
            """[{"index":0,"function":{"arguments":"\"Paris\"}"}},{"index":1,"function":{"arguments":":\"CET\"}"}}]""");

        Assert.Equal([("a", "get_weather", """{"city":"Paris"}"""), ("b", "get_time", """{"zone":"CET"}""")], calls.Select(Line));
        Assert.Equal("Paris", $"{calls[0].Arguments!["city"]}");
    }

    [Fact]
    public async Task Calls_are_told_once_and_only_when_whole()
    {
        await using var provider = await StartAsync(Events(
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}""",
            Text("One moment."), Finish("tool_calls"), Finish("tool_calls"), "[DONE]"));
        using var client = Client(provider);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token))
        {
            updates.Add(update);
        }

        Assert.Equal("One moment.", updates[0].Text);
        Assert.Equal(ChatFinishReason.ToolCalls, updates[1].FinishReason);
        Assert.Single(updates.SelectMany(u => u.Contents).OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task Calls_without_an_index_are_told_apart_by_their_id()
    {
        var calls = await CallsAsync(
            """[{"id":"a","function":{"name":"get_weather","arguments":"{\"city\":"}}]""",
            """[{"function":{"arguments":"\"Paris\"}"}}]""",
            """[{"id":"b","index":null,"function":{"name":"get_time","arguments":"{}"}}]""",
            """[{"id":"b","function":{"arguments":""}}]""");

        Assert.Equal([("a", "get_weather", """{"city":"Paris"}"""), ("b", "get_time", "{}")], calls.Select(Line));
    }

    [Fact]
    public async Task Whole_calls_without_an_index_or_id_are_told_apart_by_their_place()
    {
        var calls = await CallsAsync("""[{"function":{"name":"f","arguments":"{\"n\":1}"}},{"function":{"name":"g","arguments":"{\"n\":2}"}}]""");

        Assert.Equal([("", "f", """{"n":1}"""), ("", "g", """{"n":2}""")], calls.Select(Line));
    }

    [Theory]
    [InlineData("""{\"city\":\"Par""")]
    [InlineData("""[1,2]""")]
    [InlineData("""Paris""")]
    [InlineData("""{\"city\":\"\\ud83d\",\"\\ud83d\":1}""")]
    public async Task Broken_arguments_are_kept_and_marked(string arguments)
    {
        var call = Assert.Single(await CallsAsync($$$"""[{"index":0,"id":"a","function":{"name":"f","arguments":"{{{arguments}}}"}}]"""));

        Assert.IsType<FormatException>(call.Exception);
        Assert.Equal(arguments.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal), ToolArguments.Write(call));
    }

    [Fact]
    public async Task Too_many_calls_are_refused()
    {
        await using var provider = await StartAsync(Events(
            $$$"""{"choices":[{"delta":{"tool_calls":[{{{string.Join(',', Enumerable.Range(0, 129).Select(i => $$"""{"index":{{i}} }"""))}}}]}}]}""", Finish("tool_calls")));
        using var client = Client(provider);

        Assert.Equal(ModelErrorCodes.BrokenAnswer, (await FailAsync(client)).Code);
    }

    private static (string Id, string Name, string Arguments) Line(FunctionCallContent call) => (call.CallId, call.Name, ToolArguments.Write(call));

    private async Task<List<FunctionCallContent>> CallsAsync(params string[] pieces)
    {
        await using var provider = await StartAsync(Events([.. pieces.Select(p => $$$"""{"choices":[{"index":0,"delta":{"tool_calls":{{{p}}} }}]}"""), Finish("tool_calls"), "[DONE]"]));
        using var client = Client(provider);
        var answer = await AskAsync(client);
        Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
        return [.. answer.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>()];
    }
}
