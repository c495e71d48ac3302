using Microsoft.Extensions.AI;

namespace Troupe.Tools;

/// <summary>A tool as agents use it. Immutable.</summary>
/// <param name="Function">What runs. It must take its cancellation token seriously, or its work goes on unseen after the deadline.</param>
public sealed record ToolDefinition(AIFunction Function)
{
    /// <summary>What running it twice would do. Default unsafe.</summary>
    public ToolKind Kind { get; init; } = ToolKind.Unsafe;

    /// <summary>Whether a person is asked before each run. Default no.</summary>
    public bool NeedsApproval { get; init; }

    /// <summary>How long a run may take. Default 60 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Characters of the result that the model gets; the rest is cut, and the cut is said. Default 32,768.</summary>
    public int MaxResultLength { get; init; } = 32 << 10;

    /// <summary>The name by which models ask for it.</summary>
    public string Name => Function.Name;

    internal void Validate()
    {
        Check(Name.Length is >= 1 and <= 64, nameof(Name), Name, "1 to 64 characters");
        Check(Deadline > TimeSpan.Zero && Deadline <= TimeSpan.FromHours(1), nameof(Deadline), Deadline, "more than zero and at most an hour");
        Check(MaxResultLength is >= 64 and <= 1_000_000, nameof(MaxResultLength), MaxResultLength, "64 to 1,000,000");
    }

    private void Check(bool good, string member, object value, string range)
    {
        if (!good)
        {
            throw new TroupeException(ErrorKind.Setup, "tool_invalid", $"The tool '{Name}' has {member} {value}; it must be {range}.");
        }
    }
}
