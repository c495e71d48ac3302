namespace Troupe.Models;

/// <summary>How an OpenAI-compatible endpoint is called.</summary>
public sealed record OpenAIOptions
{
    /// <summary>Where the API lies, with its version: <c>/chat/completions</c> is added. Default OpenAI's.</summary>
    public Uri BaseUrl { get; init; } = new("https://api.openai.com/v1");

    /// <summary>The bearer key; null for endpoints that want none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The model's name at the provider.</summary>
    public required string Model { get; init; }

    /// <summary>The field that limits the reply: <c>max_completion_tokens</c> (default) or <c>max_tokens</c> for older servers.</summary>
    public string MaxTokensField { get; init; } = "max_completion_tokens";

    /// <summary>To connect. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the first piece of the answer. Default 60 s.</summary>
    public TimeSpan FirstTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two pieces of the answer. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For everything, retries too. Default 5 min.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Further tries before the first piece, 0 to 10. Default 3.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Before the first retry; doubles from there, with jitter. Default 0.5 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait that a provider may ask for; a longer one fails at once. Default 30 s.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls are held back this long when most of the last ones failed. Default 10 s.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections at once. Default 256.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>The bytes an answer may have. Default 32 MiB.</summary>
    public long MaxAnswerBytes { get; init; } = 32 << 20;

    /// <summary>Everything but the key, so that an options object may be logged.</summary>
    public override string ToString() => $"{Model} at {BaseUrl}";

    internal void Validate()
    {
        Check(BaseUrl.Scheme is "http" or "https", nameof(BaseUrl), BaseUrl, "an http or https address");
        Check(Model.Length > 0, nameof(Model), Model, "a name");
        Check(MaxTokensField is "max_tokens" or "max_completion_tokens", nameof(MaxTokensField), MaxTokensField, "max_tokens or max_completion_tokens");
        Check(MaxRetries is >= 0 and <= 10, nameof(MaxRetries), MaxRetries, "0 to 10");
        Check(TotalTimeout > TimeSpan.Zero, nameof(TotalTimeout), TotalTimeout, "more than zero");
        Check(FirstTimeout > TimeSpan.Zero, nameof(FirstTimeout), FirstTimeout, "more than zero");
        Check(IdleTimeout > TimeSpan.Zero, nameof(IdleTimeout), IdleTimeout, "more than zero");
        Check(BreakDuration >= TimeSpan.FromSeconds(0.5), nameof(BreakDuration), BreakDuration, "at least 0.5 s");

        static void Check(bool good, string name, object value, string range)
        {
            if (!good)
            {
                throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"OpenAI {name} is '{value}'; it must be {range}.");
            }
        }
    }
}
