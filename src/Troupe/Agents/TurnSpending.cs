using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Agents;

/// <summary>What the calls of one turn took.</summary>
internal sealed class TurnSpending
{
    private int _calls;
    private int _saved;

    /// <summary>What was paid for, as reported.</summary>
    public UsageDetails Usage { get; } = new();

    /// <summary>What it cost, in millionths.</summary>
    public long CostMicros { get; private set; }

    /// <summary>Whether nothing had to be computed.</summary>
    public bool IsSaved => _calls > 0 && _saved == _calls;

    /// <summary>Whether every answer had been computed before.</summary>
    public bool IsCached { get; private set; } = true;

    /// <summary>A call has ended.</summary>
    public void Add(ModelCall call, string? origin)
    {
        _calls++;
        _saved += origin is AnswerOrigin.Cache or AnswerOrigin.Coalesced ? 1 : 0;
        IsCached &= origin == AnswerOrigin.Cache;
        CostMicros += call.CostMicros;
    }
}
