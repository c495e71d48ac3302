using System.Globalization;

namespace Troupe.Chat;

/// <summary>What a provider may be asked at once and a minute. Null is no limit. Immutable.</summary>
public sealed record ProviderLimits
{
    /// <summary>Calls at once, at least 1.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Calls a minute, at least 1.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Tokens a minute, read and written, at least 1.</summary>
    public int? TokensPerMinute { get; init; }

    /// <summary>Calls that may wait, 0 to 100,000. Default 1,000.</summary>
    public int MaxWaiting { get; init; } = 1000;

    internal void Validate(string model)
    {
        foreach (var (name, value, least, most) in new[]
        {
            (nameof(Concurrency), Concurrency ?? 1, 1, int.MaxValue), (nameof(RequestsPerMinute), RequestsPerMinute ?? 1, 1, int.MaxValue),
            (nameof(TokensPerMinute), TokensPerMinute ?? 1, 1, int.MaxValue), (nameof(MaxWaiting), MaxWaiting, 0, 100_000),
        })
        {
            TroupeException.CheckOption(value >= least && value <= most, $"The model '{model}' has", name, value, string.Create(CultureInfo.InvariantCulture, $"{least} to {most}"));
        }
    }
}
