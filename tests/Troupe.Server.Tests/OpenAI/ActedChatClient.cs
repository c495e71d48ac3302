using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Server.Tests.OpenAI;

/// <summary>A model that acts by what it is asked: it greets, asks for the weather, or fails, so that a client of any language can
/// provoke each.</summary>
internal sealed class ActedChatClient : IChatClient
{
    public const string ProviderWords = "the provider's own words";

    private readonly List<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> _calls = [];

    /// <summary>What it was asked so far.</summary>
    public IReadOnlyList<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var all = messages.ToList();
        lock (_calls)
        {
            _calls.Add((all, options));
        }

        await Task.Yield();
        var last = all[^1];
        switch (last.Text)
        {
            case "fail":
                throw new ModelException(ModelErrorCodes.RateLimited, "The provider asks for patience.") { RetryAfter = TimeSpan.FromSeconds(7) };

            case "fail later":
                yield return Say("So far");
                throw new ModelException(ModelErrorCodes.BrokenAnswer, "The answer broke off.");

            case "break":
                throw new IOException(ProviderWords);

            case "break later":
                yield return Say("So far");
                throw new IOException(ProviderWords);

            case "cut":
                yield return Say("Once upon");
                yield return End(ChatFinishReason.Length);
                break;

            case "odd end":
                yield return Say("Well.");
                yield return End(new ChatFinishReason("eos_token"));
                break;

            case "silence":
                yield return End(ChatFinishReason.Stop);
                break;

            case "half":
                yield return Say("smile: \ud83d");
                yield return Say("\ude00, broken: \ud83d");
                yield return Say("!");
                yield return Say("\ud83d");
                yield return End(ChatFinishReason.Stop);
                break;

            case "weather" or "cut call":
                yield return new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read("call-1", "get_weather", """{"city":"Paris"}""")]);
                yield return End(last.Text == "weather" ? ChatFinishReason.ToolCalls : ChatFinishReason.Length);
                break;

            case "two calls":
                yield return new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read("call-1", "get_weather", """{"city":"Paris"}""")]);
                yield return new ChatResponseUpdate(ChatRole.Assistant, [ToolArguments.Read("call-2", "get_weather", """{"city":"Oslo"}""")]);
                yield return End(ChatFinishReason.ToolCalls);
                break;

            default:
                var result = last.Contents.OfType<FunctionResultContent>().FirstOrDefault();
                yield return Say(result is null ? "Good " : $"It says: {result.Result}");
                yield return Say(result is null ? "day." : ".");
                yield return End(ChatFinishReason.Stop);
                break;
        }

        yield return new ChatResponseUpdate { Contents = [new UsageContent(new UsageDetails { InputTokenCount = 5, OutputTokenCount = 7, TotalTokenCount = 12 })] };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private static ChatResponseUpdate Say(string text) => new(ChatRole.Assistant, text);

    private static ChatResponseUpdate End(ChatFinishReason reason) => new() { Role = ChatRole.Assistant, FinishReason = reason };
}
