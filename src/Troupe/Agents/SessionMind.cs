using Troupe.Chat;

namespace Troupe.Agents;

/// <summary>What is kept beside a loaded session from turn to turn. Used by one turn at a time.</summary>
internal sealed class SessionMind
{
    /// <summary>What the model sees.</summary>
    public ContextWindow? Window { get; set; }

    /// <summary>What the session has spent; null where that is not limited.</summary>
    public BudgetAccount? Account { get; set; }
}
