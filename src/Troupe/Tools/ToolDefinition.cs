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

    /// <summary>How long the result of a pure tool may be given again for the same arguments, 1 ms to 365 days; null, the default, for never.</summary>
    public TimeSpan? CacheFor { get; init; }

    /// <summary>Whether one owner may be given what was computed for another: only for tools whose results say nothing of anybody. Default no.</summary>
    public bool IsSharedByOwners { get; init; }

    /// <summary>Runs several calls of a pure or idempotent tool as one: gets the arguments of each, gives as many results in the same order. What is asked while one
    /// batch runs is the next. Null, the default, where each call runs by itself.</summary>
    public Func<IReadOnlyList<AIFunctionArguments>, CancellationToken, Task<IReadOnlyList<object?>>>? Batch { get; init; }

    /// <summary>Calls in a batch at most, 2 to 1,000. Default 64.</summary>
    public int MaxBatch { get; init; } = 64;

    /// <summary>The name by which models ask for it.</summary>
    public string Name => Function.Name;

    internal void Validate()
    {
        Check(Name.Length is >= 1 and <= 64, nameof(Name), Name, "1 to 64 characters");
        Check(Deadline > TimeSpan.Zero && Deadline <= TimeSpan.FromHours(1), nameof(Deadline), Deadline, "more than zero and at most an hour");
        Check(CacheFor is null || (Kind == ToolKind.Pure && CacheFor >= TimeSpan.FromMilliseconds(1) && CacheFor <= TimeSpan.FromDays(365)), nameof(CacheFor), CacheFor!, "1 ms to 365 days, and only for a pure tool");
        Check(Batch is null || Kind != ToolKind.Unsafe, nameof(Batch), "set", "null for an unsafe tool");
        Check(MaxBatch is >= 2 and <= 1000, nameof(MaxBatch), MaxBatch, "2 to 1,000");
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
