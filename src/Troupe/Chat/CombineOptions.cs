namespace Troupe.Chat;

/// <summary>How prompts of one call site go out together.</summary>
public sealed record CombineOptions
{
    /// <summary>What the model is told of every prompt: who it is and what it answers.</summary>
    public required string Instructions { get; init; }

    /// <summary>Prompts in one request at most, 2 to 256. Default 16.</summary>
    public int MaxPrompts { get; init; } = 16;

    /// <summary>Characters of the prompts in one request at most, from 100. A longer prompt goes alone. Default 12,000.</summary>
    public int MaxCharacters { get; init; } = 12_000;

    /// <summary>Requests at once, 1 to 256. What is asked while all of them are under way waits, and goes out together. Default 2.</summary>
    public int AtOnce { get; init; } = 2;

    /// <summary>Prompts that may wait, 1 to 1,000,000. Default 10,000.</summary>
    public int MaxWaiting { get; init; } = 10_000;

    /// <summary>Tokens an answer may have; null for the model's own limit.</summary>
    public int? MaxOutputTokensEach { get; init; }

    /// <summary>0 to 2; null for the provider's own.</summary>
    public float? Temperature { get; init; }

    internal void Validate()
    {
        Check(MaxPrompts is >= 2 and <= 256, nameof(MaxPrompts), MaxPrompts, "2 to 256");
        Check(MaxCharacters >= 100, nameof(MaxCharacters), MaxCharacters, "at least 100");
        Check(AtOnce is >= 1 and <= 256, nameof(AtOnce), AtOnce, "1 to 256");
        Check(MaxWaiting is >= 1 and <= 1_000_000, nameof(MaxWaiting), MaxWaiting, "1 to 1,000,000");
        Check(MaxOutputTokensEach is null or >= 1, nameof(MaxOutputTokensEach), MaxOutputTokensEach ?? 0, "at least 1");
    }

    private static void Check(bool good, string name, int value, string range) => TroupeException.CheckOption(good, "Combining has", name, value, range);
}
