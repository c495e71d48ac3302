using Troupe.Chat;

namespace Troupe.Agents;

/// <summary>What the calls of one turn took.</summary>
internal sealed class TurnSpending
{
    private int _calls;
    private int _cached;

    /// <summary>Tokens read, as reported or estimated.</summary>
    public long InputTokens { get; private set; }

    /// <summary>Tokens written, likewise.</summary>
    public long OutputTokens { get; private set; }

    /// <summary>What it cost, in millionths.</summary>
    public long CostMicros { get; private set; }

    /// <summary>Whether every answer had been computed before.</summary>
    public bool IsCached => _calls > 0 && _cached == _calls;

    /// <summary>A call has ended.</summary>
    public void Add(ModelCall call, string? origin)
    {
        _calls++;
        _cached += origin == AnswerOrigin.Cache ? 1 : 0;
        InputTokens += call.InputTokens;
        OutputTokens += call.OutputTokens;
        CostMicros += call.CostMicros;
    }
}
