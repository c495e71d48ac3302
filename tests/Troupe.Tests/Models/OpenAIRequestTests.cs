using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Models;

namespace Troupe.Tests.Models;

public sealed class OpenAIRequestTests
{
    private static readonly OpenAIOptions Settings = new() { Model = "m" };

    [Fact]
    public void A_request_streams_and_asks_for_the_usage()
    {
        AssertJson("""{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}}""", Write([new(ChatRole.User, "Hi")]));
    }

    [Fact]
    public void Options_have_their_fields()
    {
        var written = Write([new(ChatRole.User, "Hi")], new ChatOptions
        {
            ModelId = "other",
            Instructions = "Be brief.",
            Temperature = 0.1f,
            TopP = 0.9f,
            FrequencyPenalty = -1.5f,
            PresencePenalty = 2,
            MaxOutputTokens = 7,
            Seed = long.MaxValue,
            StopSequences = ["a", "\n"],
            ResponseFormat = ChatResponseFormat.Json,
        });

        AssertJson(
            """
            {"model":"other","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"temperature":0.1,"top_p":0.9,
             "frequency_penalty":-1.5,"presence_penalty":2,"max_completion_tokens":7,"seed":9223372036854775807,"stop":["a","\n"],
             "response_format":{"type":"json_object"},"stream":true,"stream_options":{"include_usage":true}}
            """,
            written);
    }

    [Fact]
    public void Older_servers_get_the_limit_under_its_older_name()
    {
        var written = Write([new(ChatRole.User, "Hi")], new ChatOptions { MaxOutputTokens = 7 }, Settings with { MaxTokensField = "max_tokens" });

        Assert.Equal(7, (int)written["max_tokens"]!);
        Assert.Null(written["max_completion_tokens"]);
    }

    [Fact]
    public void Tool_calls_and_their_results_are_written_back()
    {
        var written = Write(
        [
            new(ChatRole.User, "Weather?"),
            new(ChatRole.Assistant, [ToolArguments.Read("a", "get_weather", """{ "city": "Paris" }"""), ToolArguments.Read("b", "get_time", "")]),
            new(ChatRole.Tool, [new FunctionResultContent("a", "rain"), new FunctionResultContent("b", new Dictionary<string, int> { ["hour"] = 7 })]),
            new(ChatRole.Tool, [new FunctionResultContent("c", null), new FunctionResultContent("d", JsonElement.Parse("\"text\"")), new FunctionResultContent("e", JsonElement.Parse("[1]"))]),
        ]);

        AssertJson(
            """
            [{"role":"user","content":"Weather?"},
             {"role":"assistant","content":null,"tool_calls":[
               {"id":"a","type":"function","function":{"name":"get_weather","arguments":"{ \"city\": \"Paris\" }"}},
               {"id":"b","type":"function","function":{"name":"get_time","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"a","content":"rain"},
             {"role":"tool","tool_call_id":"b","content":"{\"hour\":7}"},
             {"role":"tool","tool_call_id":"c","content":""},
             {"role":"tool","tool_call_id":"d","content":"text"},
             {"role":"tool","tool_call_id":"e","content":"[1]"}]
            """,
            written["messages"]!);
    }

    [Fact]
    public void Images_are_parts()
    {
        var written = Write([new(ChatRole.User, [new TextContent("What is this?"), new DataContent("data:image/png;base64,AAAA"), new UriContent("https://example.org/a.png", "image/png")])]);

        AssertJson(
            """
            [{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
              {"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}]
            """,
            written["messages"]!);
    }

    [Fact]
    public void Reasoning_is_not_sent_back()
    {
        var written = Write([new(ChatRole.Assistant, [new TextReasoningContent("Let me think."), new TextContent("Four.")])]);

        AssertJson("""[{"role":"assistant","content":"Four."}]""", written["messages"]!);
    }

    [Fact]
    public void Any_text_makes_a_request_that_can_be_read()
    {
        var written = Write([new(ChatRole.User, "\0 \u001f \" \\ \u2028 é 😀 </script> \ud83d x \ude00")]);

        Assert.Equal("\0 \u001f \" \\ \u2028 é 😀 </script> \ufffd x \ufffd", (string)written["messages"]![0]!["content"]!);
    }

    [Fact]
    public void A_tool_may_be_demanded()
    {
        var tool = AIFunctionFactory.CreateDeclaration("f", "Does.", JsonElement.Parse("""{"type":"object"}"""));

        Assert.Equal("required", (string)Choice(ChatToolMode.RequireAny)!);
        Assert.Equal("none", (string)Choice(ChatToolMode.None)!);
        Assert.Equal("auto", (string)Choice(ChatToolMode.Auto)!);
        AssertJson("""{"type":"function","function":{"name":"f"}}""", Choice(ChatToolMode.RequireSpecific("f"))!);
        Assert.Null(Choice(null));
        Assert.Null(Write([], new ChatOptions { ToolMode = ChatToolMode.RequireAny })["tool_choice"]);

        JsonNode? Choice(ChatToolMode? mode) => Write([], new ChatOptions { Tools = [tool], ToolMode = mode })["tool_choice"];
    }

    internal static JsonNode Write(ChatMessage[] messages, ChatOptions? options = null, OpenAIOptions? settings = null) =>
        JsonNode.Parse(OpenAIRequest.Write(messages, options, settings ?? Settings).Span)!;

    /// <summary>Equal as JSON, where 1 and 1.0 are the same number.</summary>
    internal static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(Canonical(JsonNode.Parse(expected)), Canonical(actual)), $"Expected {expected}, found {actual.ToJsonString()}");

    private static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, Canonical(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Canonical)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => JsonValue.Create(decimal.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) / 1.0000000000m),
        _ => node?.DeepClone(),
    };
}
