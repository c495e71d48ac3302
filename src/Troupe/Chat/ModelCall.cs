using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>On whose behalf a model is called, for the stages of its pipeline. It travels in the additional properties of the chat options, and no provider is told of it. One for each call.</summary>
public sealed class ModelCall
{
    /// <summary>The name under which it travels.</summary>
    public const string OptionName = "troupe.call";

    private long _costMicros;

    /// <summary>Whom it is for; null for nobody in particular.</summary>
    public string? Owner { get; init; }

    /// <summary>The session; null for none.</summary>
    public string? Session { get; init; }

    /// <summary>The turn; 0 for none.</summary>
    public long Turn { get; init; }

    /// <summary>How the answer may be used again; null for not at all.</summary>
    public AnswerCaching? Caching { get; init; }

    /// <summary>The budgets it counts for, beside the host's.</summary>
    public IReadOnlyList<BudgetAccount> Budgets { get; init; } = [];

    /// <summary>What it cost, in millionths, when it has ended.</summary>
    public long CostMicros => Volatile.Read(ref _costMicros);

    /// <summary>The key of its answer; null where it may not be used again. Set by the first stage that needs it.</summary>
    internal AnswerKey? Key { get; set; }

    /// <summary>When the look for a known answer was; null where there was none.</summary>
    internal CacheTicket? Ticket { get; set; }

    internal void AddCost(long micros) => Interlocked.Add(ref _costMicros, micros);

    internal static ModelCall? Of(Microsoft.Extensions.AI.ChatOptions? options) =>
        options?.AdditionalProperties is { } properties && properties.TryGetValue(OptionName, out var value) ? value as ModelCall : null;
}
