using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>A model as agents use it: its composed pipeline and what has been learned of it. Thread-safe.</summary>
public sealed class Model
{
    internal Model(ModelInfo info, IChatClient client, ModelMetrics metrics)
    {
        Info = info;
        Client = client;
        Metrics = metrics;
    }

    /// <summary>What is known of it.</summary>
    public ModelInfo Info { get; }

    /// <summary>The pipeline.</summary>
    public IChatClient Client { get; }

    /// <summary>The pipeline without fallbacks, so that fallbacks do not go in circles.</summary>
    internal IChatClient Alone => Client is FallbackChatClient fallback ? fallback.First : Client;

    /// <summary>How its calls have gone.</summary>
    public ModelMetrics Metrics { get; }

    /// <summary>Its characters per token.</summary>
    public TokenEstimator Tokens { get; } = new();
}
