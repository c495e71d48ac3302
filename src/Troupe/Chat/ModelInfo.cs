namespace Troupe.Chat;

/// <summary>What is known of a model beside how to call it.</summary>
public sealed record ModelInfo
{
    /// <summary>The name that agents and clients use.</summary>
    public required string Name { get; init; }

    /// <summary>Who runs it, in a word: openai, offline, fixed.</summary>
    public required string Provider { get; init; }

    /// <summary>Tokens that request and reply together may have. Default 32,768.</summary>
    public int ContextTokens { get; init; } = 32_768;

    /// <summary>Tokens of the context that are kept free for the reply. Default 2,048.</summary>
    public int ReplyTokens { get; init; } = 2_048;

    /// <summary>The models that are asked in its place, in order, when it fails before it has said anything. Default none.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>What its provider may be asked at once and a minute; null for no limits.</summary>
    public ProviderLimits? Limits { get; init; }

    /// <summary>Models that name the same group share the limits of the first of it; null for limits of its own.</summary>
    public string? LimitGroup { get; init; }

    /// <summary>What it costs; null where it is not known.</summary>
    public Price? Price { get; init; }

    /// <summary>Whether it can be asked to summarise; where not, a summary is made of the first sentences.</summary>
    public bool CanSummarize { get; init; }
}
