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
        TroupeException.CheckOption(Size is >= 1 and <= 10_000, "The agent pool has", nameof(Size), Size, "1 to 10,000");
        TroupeException.CheckOption(Idle >= TimeSpan.FromSeconds(1) && Idle <= TimeSpan.FromDays(30), "The agent pool has", nameof(Idle), Idle, "1 s to 30 days");
    }
}
