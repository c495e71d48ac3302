using Troupe.Caching;

namespace Troupe.Chat;

/// <summary>On whose behalf a model is called, for the stages of its pipeline. It travels in the additional properties of the chat options, and no provider is told of it. One for each call.</summary>
public sealed class ModelCall
{
    /// <summary>The name under which it travels.</summary>
    public const string OptionName = "troupe.call";

    private long _inputTokens;
    private long _outputTokens;
    private long _costMicros;
    private ModelCall? _former;
    private long _formerInput;
    private long _formerOutput;
    private long _formerCost;

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

    /// <summary>About the characters of what is asked, where the caller knows them; null to have them counted.</summary>
    public long? Characters { get; init; }

    /// <summary>Tokens read for it so far, as reported or estimated; none for an answer that was computed for another call.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Tokens written for it so far, likewise.</summary>
    public long OutputTokens => Volatile.Read(ref _outputTokens);

    /// <summary>What it cost so far, in millionths, likewise.</summary>
    public long CostMicros => Volatile.Read(ref _costMicros);

    /// <summary>The key of its answer; null where it may not be used again. Set by the first stage that needs it.</summary>
    internal AnswerKey? Key { get; set; }

    /// <summary>When the look for a known answer was; null where there was none.</summary>
    internal CacheTicket? Ticket { get; set; }

    /// <summary>How many shared answers had come to their end before that look.</summary>
    internal long SharedBefore { get; set; }

    /// <summary>Whether another call pays for the answer. It may become this call's to pay when the other one leaves before the end.</summary>
    internal bool IsPaidByAnother { get; set; }

    /// <summary>Told when this call has got the whole answer and it has been kept, where it can be (true), or when the call has left it (false).</summary>
    internal Action<bool>? Left { get; set; }

    /// <summary>The call that travels with options; null when none does.</summary>
    public static ModelCall? In(Microsoft.Extensions.AI.ChatOptions? options) => Of(options);

    /// <summary>Another call on the same behalf, whose spending counts for this one too: for a stage that asks more than once. One after the other.</summary>
    public ModelCall Again() => new() { Owner = Owner, Session = Session, Turn = Turn, Budgets = Budgets, _former = this, _formerInput = InputTokens, _formerOutput = OutputTokens, _formerCost = CostMicros };

    internal void Took(long inputTokens, long outputTokens, long costMicros)
    {
        _former?.Took(_formerInput + inputTokens, _formerOutput + outputTokens, _formerCost + costMicros);
        Volatile.Write(ref _inputTokens, inputTokens);
        Volatile.Write(ref _outputTokens, outputTokens);
        Volatile.Write(ref _costMicros, costMicros);
    }

    internal static ModelCall? Of(Microsoft.Extensions.AI.ChatOptions? options) =>
        options?.AdditionalProperties is { } properties && properties.TryGetValue(OptionName, out var value) ? value as ModelCall : null;
}
