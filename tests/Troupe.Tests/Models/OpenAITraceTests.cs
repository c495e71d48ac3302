using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Troupe.Chat;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

/// <summary>Requests and answers as a real provider's users recorded them. They lie beside the repository; where they do not, there is
/// nothing to compare.</summary>
public sealed class OpenAITraceTests : ProviderTests
{
    private static readonly string[] Ours = ["stream", "stream_options"];

    public static TheoryData<string, ChatMessage[], ChatOptions> Requests => new()
    {
        { "basic", [new(ChatRole.User, "Hello, how are you?")], new ChatOptions { MaxOutputTokens = 100, Temperature = 1, TopP = 1 } },
        {
            "function_calling", [new(ChatRole.User, "What's the weather in San Francisco?")],
            new ChatOptions { Tools = [Tool("function_calling", 0)], ToolMode = ChatToolMode.Auto }
        },
        {
            "json_mode",
            [
                new(ChatRole.System, "You are a helpful assistant that outputs JSON."),
                new(ChatRole.User, "Provide information about a person named John Doe, age 30, who is a software engineer."),
            ],
            new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema("json_mode", "response_format", "json_schema", "schema"), "person_info") }
        },
        {
            "multi_turn", [new(ChatRole.User, "What is 2+2?"), new(ChatRole.Assistant, "2+2 equals 4."), new(ChatRole.User, "What about 3+3?")],
            new ChatOptions { MaxOutputTokens = 50 }
        },
        { "streaming", [new(ChatRole.User, "Write a short poem about AI.")], new ChatOptions { MaxOutputTokens = 150, Temperature = 1 } },
        {
            "system_message", [new(ChatRole.User, "Tell me about the ocean.")],
            new ChatOptions { Instructions = "You are a helpful assistant that speaks like a pirate.", MaxOutputTokens = 100 }
        },
        {
            "tools", [new(ChatRole.User, "What's the weather like in San Francisco?")],
            new ChatOptions { MaxOutputTokens = 256, Temperature = 0.7f, TopP = 1, Tools = [Tool("tools", 0), Tool("tools", 1)] }
        },
    };

    [Theory]
    [MemberData(nameof(Requests), DisableDiscoveryEnumeration = true)]
    public void The_same_conversation_makes_the_same_request(string scenario, ChatMessage[] messages, ChatOptions options)
    {
        if (Read(scenario, "request.json") is not { } recorded)
        {
            return;
        }

        var written = OpenAIRequestTests.Write(messages, options, new() { Model = "gpt-4o-mini" }).AsObject();
        var expected = JsonNode.Parse(recorded)!.AsObject();
        foreach (var name in Ours)
        {
            Assert.True(written.Remove(name));
            expected.Remove(name);
        }

        OpenAIRequestTests.AssertJson(expected.ToJsonString(), written);
    }

    [Theory]
    [InlineData("basic", "Hello! I'm doing well, thank you. How about you?", "stop", 13, 14)]
    [InlineData("function_calling", """get_weather {"location":"San Francisco, CA","unit":"fahrenheit"}""", "tool_calls", 85, 18)]
    [InlineData("json_mode", """{"name":"John Doe","age":30,"occupation":"software engineer"}""", "stop", 45, 18)]
    [InlineData("multi_turn", "3+3 equals 6.", "stop", 35, 8)]
    [InlineData("system_message", "Ahoy, matey! The ocean be a vast, mysterious realm full of treasures and creatures!", "stop", 28, 20)]
    [InlineData("tools", """get_weather {"location": "San Francisco, CA", "unit": "fahrenheit"}""", "tool_calls", 85, 32)]
    [InlineData("streaming", "In circuits bright, minds take flight.", "stop", 12, 12)]
    public async Task An_answer_is_read_as_it_was_meant(string scenario, string said, string finish, int input, int output)
    {
        var whole = scenario != "streaming";
        if (Read(scenario, whole ? "response.json" : "response.txt") is not { } recorded)
        {
            return;
        }

        await using var provider = await StartAsync(whole ? Status(200, recorded) : e => e.SendRawAsync(recorded));
        using var client = Client(provider);

        var answer = await AskAsync(client);

        var call = answer.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>().SingleOrDefault();
        Assert.Equal(said, call is null ? answer.Text : $"{call.Name} {ToolArguments.Write(call)}");
        Assert.Equal(finish, answer.FinishReason!.Value.Value);
        Assert.Equal((input, output, input + output), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount));
        Assert.StartsWith("chatcmpl-", answer.ResponseId, StringComparison.Ordinal);
        Assert.StartsWith("gpt-4o-mini", answer.ModelId, StringComparison.Ordinal);
    }

    private static string? Read(string scenario, string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Troupe.slnx")))
        {
            folder = folder.Parent;
        }

        var path = Path.Combine(folder?.Parent?.FullName ?? "", "shared", "data", "openai-traces", scenario, file);
        if (File.Exists(path))
        {
            return File.ReadAllText(path);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"There is nothing at {path}; nothing was compared.");
        return null;
    }

    private static JsonElement Schema(string scenario, params string[] path) => Read(scenario, "request.json") is { } recorded
        ? path.Aggregate(JsonElement.Parse(recorded), (at, name) => at.ValueKind == JsonValueKind.Array ? at[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : at.GetProperty(name))
        : JsonElement.Parse("{}");

    private static AIFunctionDeclaration Tool(string scenario, int index)
    {
        var function = Schema(scenario, "tools", $"{index}", "function");
        return function.TryGetProperty("name", out var name)
            ? AIFunctionFactory.CreateDeclaration(name.GetString()!, function.GetProperty("description").GetString(), function.GetProperty("parameters"))
            : AIFunctionFactory.CreateDeclaration("none", null, function);
    }
}
