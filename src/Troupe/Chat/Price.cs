namespace Troupe.Chat;

/// <summary>What a model costs, for a million tokens read and for a million written.</summary>
public sealed record Price(decimal InputPerMillion, decimal OutputPerMillion)
{
    /// <summary>The cost of a call, in millionths.</summary>
    public long MicrosOf(long inputTokens, long outputTokens) => (long)Math.Ceiling((inputTokens * InputPerMillion) + (outputTokens * OutputPerMillion));
}
