using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using Troupe.Tests;

namespace Troupe.Server.Tests.OpenAI;

/// <summary>The official .NET client, unchanged.</summary>
public sealed class DotNetClientTests : CompletionTests
{
    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool("get_weather", "The weather.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""));

    [Fact]
    public async Task Models_are_listed()
    {
        var models = await Client().GetOpenAIModelClient().GetModelsAsync(Limits.Token);

        Assert.Contains("guide", models.Value.Select(m => m.Id));
        Assert.Equal("vendor/model", (await Client().GetOpenAIModelClient().GetModelAsync("vendor/model", Limits.Token)).Value.Id);
    }

    [Fact]
    public async Task A_completion_is_read()
    {
        ChatCompletion completion = await Chat().CompleteChatAsync([new UserChatMessage("Hello")], cancellationToken: Limits.Token);

        Assert.Equal("Good day.", completion.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        Assert.Equal((5, 7, 12), (completion.Usage.InputTokenCount, completion.Usage.OutputTokenCount, completion.Usage.TotalTokenCount));
    }

    [Theory]
    [InlineData("Hello", "Good day.", ChatFinishReason.Stop)]
    [InlineData("odd end", "Well.", ChatFinishReason.Stop)]
    [InlineData("cut", "Once upon", ChatFinishReason.Length)]
    public async Task A_stream_is_read_with_its_usage(string said, string expected, ChatFinishReason reason)
    {
        var text = "";
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage(said)], cancellationToken: Limits.Token))
        {
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            finish ??= update.FinishReason;
            usage ??= update.Usage;
        }

        Assert.Equal((expected, reason, 12), (text, finish, usage!.TotalTokenCount));
    }

    [Fact]
    public async Task Its_tools_run_on_its_side()
    {
        var options = new ChatCompletionOptions { Tools = { Weather } };
        List<ChatMessage> messages = [new UserChatMessage("weather")];
        ChatCompletion first = await Chat().CompleteChatAsync(messages, options, Limits.Token);
        var call = Assert.Single(first.ToolCalls);
        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        Assert.Equal(("get_weather", """{"city":"Paris"}"""), (call.FunctionName, call.FunctionArguments.ToString()));

        messages.AddRange([new AssistantChatMessage(first), new ToolChatMessage(call.Id, "rain")]);
        ChatCompletion second = await Chat().CompleteChatAsync(messages, options, Limits.Token);

        Assert.Equal("It says: rain.", second.Content[0].Text);
    }

    [Fact]
    public async Task Streamed_tool_calls_are_put_together()
    {
        var calls = new List<string>();
        await foreach (var update in Chat().CompleteChatStreamingAsync([new UserChatMessage("two calls")], new ChatCompletionOptions { Tools = { Weather } }, Limits.Token))
        {
            calls.AddRange(update.ToolCallUpdates.Select(c => $"{c.Index} {c.ToolCallId} {c.FunctionName} {c.FunctionArgumentsUpdate}"));
        }

        Assert.Equal(["0 call-1 get_weather {\"city\":\"Paris\"}", "1 call-2 get_weather {\"city\":\"Oslo\"}"], calls);
    }

    [Fact]
    public async Task Errors_have_their_status_and_code()
    {
        Assert.Equal(404, await StatusAsync("model_not_found", Chat("nobody")));
        Assert.Equal(401, await StatusAsync("invalid_api_key", Chat(key: "wrong")));
        Assert.Equal(400, await StatusAsync("invalid_request", Chat(), new ChatCompletionOptions { Temperature = 3 }));
        Assert.Equal(404, await StatusAsync("session_not_found", Chat("guide"), new ChatCompletionOptions { Metadata = { ["session_id"] = "no-such-session" } }));
        Assert.Equal(502, await StatusAsync("model_rate_limited", Chat(), said: "fail"));
    }

    [Fact]
    public async Task A_session_named_in_the_metadata_has_the_turn_once()
    {
        var session = await NewSessionAsync();
        var options = new ChatCompletionOptions { Metadata = { ["session_id"] = session } };
        for (var i = 0; i < 2; i++)
        {
            ChatCompletion completion = await Chat("guide", idempotencyKey: "once").CompleteChatAsync([new UserChatMessage("Remember me")], options, Limits.Token);
            Assert.Equal("Good day.", completion.Content[0].Text);
        }

        Assert.Equal(["user: Remember me", "assistant: Good day."], await EntriesAsync(session));
        Assert.Single(Model.Calls);
    }

    private static async Task<int> StatusAsync(string code, ChatClient client, ChatCompletionOptions? options = null, string said = "Hello")
    {
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync([new UserChatMessage(said)], options, Limits.Token));
        Assert.Contains(code, failure.Message, StringComparison.Ordinal);
        return failure.Status;
    }

    private ChatClient Chat(string model = "scripted", string key = TestServer.AdminToken, string? idempotencyKey = null) => Client(key, idempotencyKey).GetChatClient(model);

    private OpenAIClient Client(string key = TestServer.AdminToken, string? idempotencyKey = null)
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri($"{Server.Url}/v1"), RetryPolicy = new ClientRetryPolicy(0) };
        if (idempotencyKey is not null)
        {
            options.AddPolicy(new KeyPolicy(idempotencyKey), PipelinePosition.PerCall);
        }

        return new OpenAIClient(new ApiKeyCredential(key), options);
    }

    private sealed class KeyPolicy(string key) : PipelinePolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            message.Request.Headers.Set("Idempotency-Key", key);
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            message.Request.Headers.Set("Idempotency-Key", key);
            return ProcessNextAsync(message, pipeline, currentIndex);
        }
    }
}
