namespace Troupe.Agents;

/// <summary>What a limit of spending is for.</summary>
public enum BudgetScope
{
    /// <summary>One turn.</summary>
    Turn,

    /// <summary>All turns of one session.</summary>
    Session,

    /// <summary>All turns of one owner in a day (UTC).</summary>
    OwnerDay,
}
