using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Models;

namespace Troupe.Cli.Models;

/// <summary>Makes a provider's client of its settings.</summary>
internal static class ModelFactory
{
    public static readonly string[] Providers = ["offline", "fixed", "openai", "anthropic"];

    private static readonly string[] Network = ["model", "base_url", "api_key", "context_tokens", "timeout", "idle_timeout", "max_retries"];
    private static readonly string[] OpenAIMembers = [.. Network, "max_tokens_field", "connect_timeout", "first_timeout", "max_connections"];

    /// <summary>The members that a provider's settings have.</summary>
    public static IReadOnlyList<string> MembersOf(string provider) => provider switch
    {
        "fixed" => ["reply", "delay_ms"],
        "openai" => OpenAIMembers,
        "anthropic" => [.. Network, "max_tokens"],
        _ => [],
    };

    /// <summary>A model.</summary>
    /// <param name="name">What agents call it; null to call it as its provider does.</param>
    /// <param name="provider">One of <see cref="Providers"/>.</param>
    /// <param name="settings">Its settings.</param>
    public static ConfiguredModel Create(string? name, string provider, ModelSettings settings)
    {
        switch (provider)
        {
            case "fixed":
                var delay = TimeSpan.FromMilliseconds(settings.Number("delay_ms", 0, 0, 600_000));
                return new(new ModelInfo { Name = name ?? "fixed", Provider = "fixed" }, new FixedChatClient(settings.Text("reply") ?? "This is the fixed reply.", delay));

            case "openai":
                var openai = OpenAI(settings);
                return new(
                    new ModelInfo
                    {
                        Name = name ?? openai.Model,
                        Provider = "openai",
                        ContextTokens = settings.Whole("context_tokens", 32_768, 1024, 10_000_000),
                        CanSummarize = true,
                    },
                    new OpenAIChatClient(openai));

            case "anthropic":
                var anthropic = Anthropic(settings);
                return new(
                    new ModelInfo
                    {
                        Name = name ?? anthropic.Model,
                        Provider = "anthropic",
                        ContextTokens = settings.Whole("context_tokens", 200_000, 1024, 10_000_000),
                        ReplyTokens = anthropic.MaxOutputTokens,
                        CanSummarize = true,
                    },
                    new AnthropicChatClient(anthropic));

            default:
                return new(new ModelInfo { Name = name ?? "offline", Provider = "offline" }, new OfflineChatClient());
        }
    }

    /// <summary>Embeddings: the offline ones, or an OpenAI-compatible endpoint's.</summary>
    public static IEmbeddingGenerator<string, Embedding<float>> CreateEmbeddings(string provider, ModelSettings settings) =>
        provider == "openai"
            ? new OpenAIEmbeddingGenerator(OpenAI(settings), settings.Text("dimensions") is null ? null : settings.Whole("dimensions", 384, 1, 65_536))
            : new HashedEmbeddingGenerator();

    private static OpenAIOptions OpenAI(ModelSettings settings)
    {
        var usual = new OpenAIOptions { Model = settings.Needed("model", "the model's name at the provider") };
        return usual with
        {
            BaseUrl = settings.Address("base_url", usual.BaseUrl),
            ApiKey = settings.Text("api_key"),
            MaxTokensField = settings.OneOf("max_tokens_field", usual.MaxTokensField, "max_completion_tokens", "max_tokens"),
            ConnectTimeout = settings.Seconds("connect_timeout", usual.ConnectTimeout),
            FirstTimeout = settings.Seconds("first_timeout", usual.FirstTimeout),
            IdleTimeout = settings.Seconds("idle_timeout", usual.IdleTimeout),
            TotalTimeout = settings.Seconds("timeout", usual.TotalTimeout),
            MaxRetries = settings.Whole("max_retries", usual.MaxRetries, 0, 10),
            MaxConnections = settings.Whole("max_connections", usual.MaxConnections, 1, 100_000),
        };
    }

    private static AnthropicOptions Anthropic(ModelSettings settings)
    {
        var usual = new AnthropicOptions
        {
            Model = settings.Needed("model", "the model's name at the provider"),
            ApiKey = settings.Needed("api_key", "the provider's key"),
        };
        return usual with
        {
            BaseUrl = settings.Address("base_url", usual.BaseUrl),
            MaxOutputTokens = settings.Whole("max_tokens", usual.MaxOutputTokens, 1, 1_000_000),
            IdleTimeout = settings.Seconds("idle_timeout", usual.IdleTimeout),
            TotalTimeout = settings.Seconds("timeout", usual.TotalTimeout),
            MaxRetries = settings.Whole("max_retries", usual.MaxRetries, 0, 10),
        };
    }
}
