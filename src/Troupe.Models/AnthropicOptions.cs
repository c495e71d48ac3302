namespace Troupe.Models;

/// <summary>How Anthropic's Messages API is called.</summary>
public sealed record AnthropicOptions
{
    /// <summary>Where the API lies, without its version. Default Anthropic's.</summary>
    public Uri BaseUrl { get; init; } = new("https://api.anthropic.com");

    /// <summary>The key.</summary>
    public required string ApiKey { get; init; }

    /// <summary>The model's name at the provider.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens of a reply for which nothing else is said; the API wants a limit. Default 4,096.</summary>
    public int MaxOutputTokens { get; init; } = 4096;

    /// <summary>To the first piece of the answer, and between two pieces. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For everything, retries too. Default 5 min.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Further tries before the answer begins, 0 to 10. Default 3.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Everything but the key, so that an options object may be logged.</summary>
    public override string ToString() => $"{Model} at {BaseUrl.Authority}";

    internal void Validate()
    {
        Check(BaseUrl.Scheme is "http" or "https" && BaseUrl.UserInfo.Length == 0, nameof(BaseUrl), BaseUrl.Authority, "an http or https address without a name or password");
        Check(ApiKey.Length > 0 && ApiKey.All(c => c is > ' ' and <= '~'), nameof(ApiKey), "(secret)", "printable ASCII characters without spaces");
        Check(Model.Length > 0, nameof(Model), Model, "a name");
        Check(MaxOutputTokens >= 1, nameof(MaxOutputTokens), MaxOutputTokens, "at least 1");
        Check(MaxRetries is >= 0 and <= 10, nameof(MaxRetries), MaxRetries, "0 to 10");
        Check(IdleTimeout > TimeSpan.Zero, nameof(IdleTimeout), IdleTimeout, "more than zero");
        Check(TotalTimeout > TimeSpan.Zero, nameof(TotalTimeout), TotalTimeout, "more than zero");

        static void Check(bool good, string name, object value, string range)
        {
            if (!good)
            {
                throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"Anthropic {name} is '{value}'; it must be {range}.");
            }
        }
    }
}
