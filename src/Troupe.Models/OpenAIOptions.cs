namespace Troupe.Models;

/// <summary>How an OpenAI-compatible endpoint is called.</summary>
public sealed record OpenAIOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Where the API lies, with its version: <c>/chat/completions</c> is added to its path, a query is kept. Default OpenAI's.</summary>
    public Uri BaseUrl { get; init; } = new("https://api.openai.com/v1");

    /// <summary>The bearer key; null for endpoints that want none. Printable ASCII.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The model's name at the provider.</summary>
    public required string Model { get; init; }

    /// <summary>The field that limits the reply: <c>max_completion_tokens</c> (default) or <c>max_tokens</c> for older servers.</summary>
    public string MaxTokensField { get; init; } = "max_completion_tokens";

    /// <summary>To connect, 1 ms to 1 day. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the first piece of the answer, 1 ms to 1 day. Default 60 s.</summary>
    public TimeSpan FirstTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two pieces of the answer, 1 ms to 1 day. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For everything, retries too, 1 ms to 1 day. Default 5 min.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Further tries before the first piece, 0 to 10. Default 3.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>Before the first retry; doubles from there, with jitter; at most 1 day. Default 0.5 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait that a provider may ask for; a longer one fails at once; at most 1 day. Default 30 s.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls are held back this long when most of the last ones failed, 0.5 s to 1 day. Default 10 s.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections at once, at least 1. Default 256.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>The bytes an answer may have, at least 1. Default 32 MiB.</summary>
    public long MaxAnswerBytes { get; init; } = 32 << 20;

    /// <summary>Everything but the key, and what else an address may hold that is secret, so that an options object may be logged.</summary>
    public override string ToString() => $"{Model} at {Address}";

    private string Address => BaseUrl.IsAbsoluteUri ? BaseUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : BaseUrl.OriginalString;

    internal void Validate()
    {
        Check(BaseUrl is { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(BaseUrl), Address, "an http or https address");
        Check(Model.Length > 0, nameof(Model), Model, "a name");
        Check(ApiKey is null || ApiKey.All(c => c is >= ' ' and <= '~'), nameof(ApiKey), "(secret)", "printable ASCII, without a line end");
        Check(MaxTokensField is "max_tokens" or "max_completion_tokens", nameof(MaxTokensField), MaxTokensField, "max_tokens or max_completion_tokens");
        Check(MaxRetries is >= 0 and <= 10, nameof(MaxRetries), MaxRetries, "0 to 10");
        Check(MaxConnections > 0, nameof(MaxConnections), MaxConnections, "at least 1");
        Check(MaxAnswerBytes > 0, nameof(MaxAnswerBytes), MaxAnswerBytes, "at least 1");
        CheckTime(ConnectTimeout, nameof(ConnectTimeout), Shortest);
        CheckTime(FirstTimeout, nameof(FirstTimeout), Shortest);
        CheckTime(IdleTimeout, nameof(IdleTimeout), Shortest);
        CheckTime(TotalTimeout, nameof(TotalTimeout), Shortest);
        CheckTime(RetryDelay, nameof(RetryDelay), TimeSpan.Zero);
        CheckTime(MaxRetryAfter, nameof(MaxRetryAfter), TimeSpan.Zero);
        CheckTime(BreakDuration, nameof(BreakDuration), TimeSpan.FromSeconds(0.5));

        static void CheckTime(TimeSpan value, string name, TimeSpan least) =>
            Check(value >= least && value <= Longest, name, value, $"{least.TotalSeconds} s to 1 day");

        static void Check(bool good, string name, object value, string range)
        {
            if (!good)
            {
                throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"OpenAI {name} is '{value}'; it must be {range}.");
            }
        }
    }
}
