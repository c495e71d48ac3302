namespace Troupe.Agents;

/// <summary>The bounds of an <see cref="AgentPool"/>.</summary>
public sealed record AgentPoolOptions
{
    /// <summary>Agents that are kept warm, 1 to 10,000. It bounds no concurrency: a warm agent serves any number of turns at once. Default 10.</summary>
    public int Size { get; init; } = 10;

    /// <summary>An agent that was not used for so long is let go, 1 s to 30 days. Default 30 minutes.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(30);

    internal void Validate()
    {
        if (Size is < 1 or > 10_000)
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"The agent pool has Size {Size}; it must be 1 to 10,000.");
        }

        if (Idle < TimeSpan.FromSeconds(1) || Idle > TimeSpan.FromDays(30))
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"The agent pool has Idle {Idle}; it must be 1 s to 30 days.");
        }
    }
}
