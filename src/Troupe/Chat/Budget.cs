namespace Troupe.Chat;

/// <summary>What may be spent. Null is no limit. Money is in the unit of the models' prices. Immutable.</summary>
public sealed record Budget
{
    /// <summary>Tokens, read and written, of one turn, at least 1.</summary>
    public long? TurnTokens { get; init; }

    /// <summary>Tokens of all turns of one session, at least 1.</summary>
    public long? SessionTokens { get; init; }

    /// <summary>Tokens of all turns of one owner in a day (UTC), at least 1.</summary>
    public long? OwnerDayTokens { get; init; }

    /// <summary>Money of one turn, more than 0.</summary>
    public decimal? TurnMoney { get; init; }

    /// <summary>Money of all turns of one session, more than 0.</summary>
    public decimal? SessionMoney { get; init; }

    /// <summary>Money of all turns of one owner in a day (UTC), more than 0.</summary>
    public decimal? OwnerDayMoney { get; init; }

    internal void Validate(string whose)
    {
        foreach (var (name, value) in new (string, decimal?)[]
        {
            (nameof(TurnTokens), TurnTokens), (nameof(SessionTokens), SessionTokens), (nameof(OwnerDayTokens), OwnerDayTokens),
            (nameof(TurnMoney), TurnMoney), (nameof(SessionMoney), SessionMoney), (nameof(OwnerDayMoney), OwnerDayMoney),
        })
        {
            TroupeException.CheckOption(value is null or > 0, $"The budget of {whose} has", name, value, "more than 0");
        }
    }
}
