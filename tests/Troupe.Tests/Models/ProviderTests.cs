using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Models;

namespace Troupe.Tests.Models;

/// <summary>What the tests of the OpenAI client share: a client over a scripted provider and a clock that the test moves.</summary>
public abstract class ProviderTests
{
    private protected const string Key = "sk-not-a-key-0123456789";

    private protected static readonly TimeSpan First = TimeSpan.FromSeconds(61);
    private protected static readonly TimeSpan Idle = TimeSpan.FromSeconds(62);
    private protected static readonly TimeSpan Total = TimeSpan.FromSeconds(305);

    private protected static ChatMessage[] Hello { get; } = [new(ChatRole.User, "Hello")];

    private protected ObservedTime Time { get; } = new();

    private protected static OpenAIOptions Options(FakeProvider provider) => new()
    {
        BaseUrl = provider.BaseUrl,
        ApiKey = Key,
        Model = "m",
        FirstTimeout = First,
        IdleTimeout = Idle,
        TotalTimeout = Total,
        MaxRetries = 0,
    };

    private protected OpenAIChatClient Client(FakeProvider provider, Func<OpenAIOptions, OpenAIOptions>? change = null) =>
        new(change is null ? Options(provider) : change(Options(provider)), Time);

    private protected static Task<ChatResponse> AskAsync(IChatClient client) => client.GetResponseAsync(Hello, cancellationToken: Limits.Token).Soon();

    private protected static Task<ModelException> FailAsync(IChatClient client) => Assert.ThrowsAsync<ModelException>(() => AskAsync(client));

    /// <summary>Reads a stream to its end or its failure, and gives both.</summary>
    private protected static async Task<(string Text, Exception? Failure)> ReadAsync(IChatClient client)
    {
        var text = "";
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(Hello, cancellationToken: Limits.Token))
            {
                text += update.Text;
            }

            return (text, null);
        }
        catch (Exception failure)
        {
            return (text, failure);
        }
    }
}
