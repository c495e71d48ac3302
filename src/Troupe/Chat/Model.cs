using Microsoft.Extensions.AI;

namespace Troupe.Chat;

/// <summary>A model as agents use it: its composed pipeline and what has been learned of it. Thread-safe.</summary>
public sealed class Model
{
    internal Model(ModelInfo info, IChatClient client, IChatClient alone, ModelMetrics metrics, TokenEstimator tokens) =>
        (Info, Client, Alone, Metrics, Tokens) = (info, client, alone, metrics, tokens);

    /// <summary>What is known of it.</summary>
    public ModelInfo Info { get; }

    /// <summary>The pipeline.</summary>
    public IChatClient Client { get; }

    /// <summary>The provider behind its limits, for models that fall back to this one.</summary>
    internal IChatClient Alone { get; }

    /// <summary>How its calls have gone.</summary>
    public ModelMetrics Metrics { get; }

    /// <summary>Its characters per token.</summary>
    public TokenEstimator Tokens { get; }
}
