using System.Globalization;
using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Models;
using Troupe.Server;

namespace Troupe.Cli;

/// <summary>The models that the settings ask for.</summary>
internal static class ModelSetup
{
    /// <summary>The chosen model first, as default, and the offline one, which is always there.</summary>
    public static List<(ModelInfo Info, IChatClient Client)> Read(Func<string, string?> read)
    {
        List<(ModelInfo Info, IChatClient Client)> models = [];
        var chosen = read("TROUPE_MODEL") is { Length: > 0 } name ? name : "offline";
        switch (chosen)
        {
            case "offline":
                break;

            case "fixed":
                var reply = read("TROUPE_FIXED_REPLY") is { Length: > 0 } text ? text : "This is the fixed reply.";
                var delay = TimeSpan.FromMilliseconds(Number("TROUPE_FIXED_DELAY_MS", 0, 0, 600_000));
                models.Add((new ModelInfo { Name = "fixed", Provider = "fixed" }, new FixedChatClient(reply, delay)));
                break;

            case "openai":
                var options = OpenAI();
                models.Add((
                    new ModelInfo
                    {
                        Name = options.Model,
                        Provider = "openai",
                        ContextTokens = (int)Number("OPENAI_CONTEXT_TOKENS", 32_768, 1024, 10_000_000),
                        CanSummarize = true,
                    },
                    new OpenAIChatClient(options)));
                break;

            case "anthropic":
                var anthropic = Anthropic();
                models.Add((
                    new ModelInfo
                    {
                        Name = anthropic.Model,
                        Provider = "anthropic",
                        ContextTokens = (int)Number("ANTHROPIC_CONTEXT_TOKENS", 200_000, 1024, 10_000_000),
                        ReplyTokens = anthropic.MaxOutputTokens,
                        CanSummarize = true,
                    },
                    new AnthropicChatClient(anthropic)));
                break;

            default:
                throw ServerSettings.Wrong("TROUPE_MODEL", chosen, "offline, fixed, openai or anthropic");
        }

        models.Add((new ModelInfo { Name = "offline", Provider = "offline" }, new OfflineChatClient()));
        var fallbacks = (read("TROUPE_FALLBACK") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (Array.Find(fallbacks, f => !models.Skip(1).Any(m => m.Info.Name == f)) is { } unknown)
        {
            throw ServerSettings.Wrong("TROUPE_FALLBACK", unknown, $"some of the other models: {string.Join(", ", models.Skip(1).Select(m => m.Info.Name))}");
        }

        models[0] = models[0] with { Info = models[0].Info with { Fallbacks = fallbacks } };
        return models;

        AnthropicOptions Anthropic()
        {
            var usual = new AnthropicOptions { Model = "", ApiKey = "" };
            var url = read("ANTHROPIC_BASE_URL") is { Length: > 0 } given ? given : usual.BaseUrl.ToString();
            return usual with
            {
                BaseUrl = Uri.TryCreate(url, UriKind.Absolute, out var address) ? address : throw ServerSettings.Wrong("ANTHROPIC_BASE_URL", url, "an http or https address"),
                Model = read("ANTHROPIC_MODEL") is { Length: > 0 } wanted ? wanted : throw ServerSettings.Wrong("ANTHROPIC_MODEL", "", "the model's name at the provider"),
                ApiKey = read("ANTHROPIC_API_KEY") is { Length: > 0 } key ? key : throw ServerSettings.Wrong("ANTHROPIC_API_KEY", "", "the provider's key"),
                MaxOutputTokens = (int)Number("ANTHROPIC_MAX_TOKENS", usual.MaxOutputTokens, 1, 1_000_000),
                IdleTimeout = Seconds("ANTHROPIC_IDLE_TIMEOUT", usual.IdleTimeout),
                TotalTimeout = Seconds("ANTHROPIC_TIMEOUT", usual.TotalTimeout),
                MaxRetries = (int)Number("ANTHROPIC_MAX_RETRIES", usual.MaxRetries, 0, 10),
            };
        }

        OpenAIOptions OpenAI()
        {
            var url = read("OPENAI_BASE_URL") is { Length: > 0 } given ? given : "https://api.openai.com/v1";
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                throw ServerSettings.Wrong("OPENAI_BASE_URL", url, "an http or https address, such as https://api.openai.com/v1");
            }

            var model = read("OPENAI_MODEL") is { Length: > 0 } wanted ? wanted : throw ServerSettings.Wrong("OPENAI_MODEL", "", "the model's name at the provider");
            var usual = new OpenAIOptions { Model = model };
            return usual with
            {
                BaseUrl = address,
                ApiKey = read("OPENAI_API_KEY"),
                MaxTokensField = read("OPENAI_MAX_TOKENS_FIELD") is { Length: > 0 } field ? field : usual.MaxTokensField,
                ConnectTimeout = Seconds("OPENAI_CONNECT_TIMEOUT", usual.ConnectTimeout),
                FirstTimeout = Seconds("OPENAI_FIRST_TIMEOUT", usual.FirstTimeout),
                IdleTimeout = Seconds("OPENAI_IDLE_TIMEOUT", usual.IdleTimeout),
                TotalTimeout = Seconds("OPENAI_TIMEOUT", usual.TotalTimeout),
                MaxRetries = (int)Number("OPENAI_MAX_RETRIES", usual.MaxRetries, 0, 10),
                MaxConnections = (int)Number("OPENAI_MAX_CONNECTIONS", usual.MaxConnections, 1, 100_000),
            };
        }

        TimeSpan Seconds(string name, TimeSpan usual) => TimeSpan.FromSeconds(Number(name, usual.TotalSeconds, 0.01, 86_400));

        double Number(string name, double usual, double least, double most) => read(name) is not { Length: > 0 } text ? usual
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw ServerSettings.Wrong(name, text, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
    }
}
