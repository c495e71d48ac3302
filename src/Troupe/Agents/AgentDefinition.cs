using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Agents;

/// <summary>An agent: instructions, model and policies. Immutable and shared by all its sessions.</summary>
public sealed record AgentDefinition
{
    /// <summary>1 to 64 characters of a–z, 0–9, - and _.</summary>
    public required string Name { get; init; }

    /// <summary>A sentence for people who choose an agent.</summary>
    public string Description { get; init; } = "";

    /// <summary>What people see before the first word is said. It is shown, not part of any conversation.</summary>
    public string Greeting { get; init; } = "";

    /// <summary>Beginnings of a conversation to choose from, at most 8. They are shown; choosing one says it.</summary>
    public IReadOnlyList<string> Suggestions { get; init; } = [];

    /// <summary>What the model is told before all else.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>The model's name; null for the catalog's default.</summary>
    public string? Model { get; init; }

    /// <summary>What a client may rely on, unless its session chose otherwise. Default durable.</summary>
    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>What a second input does while a turn runs. Default: it waits.</summary>
    public InputPolicy Input { get; init; } = InputPolicy.Queue;

    /// <summary>In batched mode, save after this many entries of a session; 0, the default, for the interval alone.</summary>
    public int SaveEvery { get; init; }

    /// <summary>Inputs of a session that may wait, 1 to 1,000. Default 64.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Tokens of the context; null for the model's.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>Tokens a reply may have; null for the provider's own limit.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>0 to 2; null for the provider's own.</summary>
    public float? Temperature { get; init; }

    /// <summary>The names of its tools, in the catalog of the runtime; a source's one by one, or all of them as <c>source__*</c>. Default none.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>How often in a turn the model may ask for tools before it must answer, 1 to 100. Default 16.</summary>
    public int MaxToolRounds { get; init; } = 16;

    /// <summary>How many calls a turn may make in all, 1 to 1,000. Default 128.</summary>
    public int MaxToolCalls { get; init; } = 128;

    /// <summary>How many calls of a turn run at once, 1 to 64. Default 8.</summary>
    public int ParallelTools { get; init; } = 8;

    /// <summary>How the model's answers may be used again; null, the default, for never.</summary>
    public AnswerCaching? Caching { get; init; }

    /// <summary>What its turns may spend, beside the host's own budget; null for no limits.</summary>
    public Budget? Budget { get; init; }

    /// <summary>What the offline model answers from; null for the conversation alone.</summary>
    public Knowledge? Knowledge { get; init; }

    /// <summary>What stands between the agent and whichever model a turn calls; null, the default, for nothing. Made anew for each call.</summary>
    public Func<Model, IChatClient>? Stage { get; init; }

    /// <summary>Refuses, by throwing, an input that would begin a turn; null, the default, to take all. It is called with the session locked and must
    /// be quick.</summary>
    public Action<Session, TurnInput>? Admit { get; init; }

    /// <summary>Whether nothing of its sessions is erased but a whole session: what is counted from a log must not lose a part of it. Default false.</summary>
    public bool IsKeptWhole { get; init; }

    /// <summary>What it makes of a conversation from elsewhere before that becomes a session of its: as many entries, which may get data of its own, and what is
    /// written beside them. Null, the default, to take it as it is.</summary>
    public Func<ImportedLog, ImportedLog>? Receive { get; init; }

    internal SessionPolicy Policy => new(Input, SaveEvery, MaxWaiting, Admit, IsKeptWhole);

    internal void Validate()
    {
        Check(Name.Length is >= 1 and <= 64 && Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'), nameof(Name), Name, "1 to 64 characters of a-z, 0-9, - and _");
        Check(Suggestions.Count <= 8, nameof(Suggestions), Suggestions.Count, "at most 8");
        Check(SaveEvery is >= 0 and <= 100_000, nameof(SaveEvery), SaveEvery, "0 to 100,000");
        Check(MaxWaiting is >= 1 and <= 1000, nameof(MaxWaiting), MaxWaiting, "1 to 1,000");
        Check(ContextTokens is null or >= 256, nameof(ContextTokens), ContextTokens, "at least 256");
        Check(MaxOutputTokens is null or >= 1, nameof(MaxOutputTokens), MaxOutputTokens, "at least 1");
        Check(MaxToolRounds is >= 1 and <= 100, nameof(MaxToolRounds), MaxToolRounds, "1 to 100");
        Check(MaxToolCalls is >= 1 and <= 1000, nameof(MaxToolCalls), MaxToolCalls, "1 to 1,000");
        Check(ParallelTools is >= 1 and <= 64, nameof(ParallelTools), ParallelTools, "1 to 64");
        Check(Caching is null || Enum.IsDefined(Caching.Scope), nameof(Caching), Caching?.Scope, "for a session, an owner or globally");
        Check(Caching?.TimeToLive is null || (Caching.TimeToLive >= TimeSpan.FromMilliseconds(1) && Caching.TimeToLive <= TimeSpan.FromDays(365)), nameof(Caching), Caching?.TimeToLive, "fresh for 1 ms to 365 days");
        Budget?.Validate($"the agent '{Name}'");
        Check(Temperature is null or (>= 0 and <= 2), nameof(Temperature), Temperature, "0 to 2");
    }

    private void Check(bool good, string member, object? value, string range)
    {
        if (!good)
        {
            throw new TroupeException(ErrorKind.Setup, "agent_invalid", $"The agent '{Name}' has {member} {value}; it must be {range}.");
        }
    }
}
