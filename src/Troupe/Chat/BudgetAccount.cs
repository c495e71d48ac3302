using System.Globalization;

namespace Troupe.Chat;

/// <summary>What of a budget has been spent, and what calls under way have reserved. Thread-safe.</summary>
/// <param name="name">What it is for, in a message: <c>this turn</c>, <c>this session</c>, <c>today</c>.</param>
/// <param name="maxTokens">Tokens at most; null for no limit.</param>
/// <param name="maxMicros">Millionths of money at most; null for no limit.</param>
public sealed class BudgetAccount(string name, long? maxTokens, long? maxMicros)
{
    private readonly Lock _gate = new();
    private long? _maxTokens = maxTokens;
    private long? _maxMicros = maxMicros;
    private long _tokens;
    private long _micros;
    private long _reservedTokens;
    private long _reservedMicros;

    /// <summary>Tokens at most; null for no limit.</summary>
    public long? MaxTokens
    {
        get
        {
            lock (_gate)
            {
                return _maxTokens;
            }
        }
    }

    /// <summary>Millionths of money at most; null for no limit.</summary>
    public long? MaxMicros
    {
        get
        {
            lock (_gate)
            {
                return _maxMicros;
            }
        }
    }

    /// <summary>Tokens spent.</summary>
    public long Tokens
    {
        get
        {
            lock (_gate)
            {
                return _tokens;
            }
        }
    }

    /// <summary>Millionths of money spent.</summary>
    public long Micros
    {
        get
        {
            lock (_gate)
            {
                return _micros;
            }
        }
    }

    /// <summary>Whether calls under way have reserved something.</summary>
    public bool IsInUse
    {
        get
        {
            lock (_gate)
            {
                return _reservedTokens > 0 || _reservedMicros > 0;
            }
        }
    }

    /// <summary>When it begins anew; null for never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Sets other limits, which hold from the next reservation on.</summary>
    internal void Limit(long? maxTokens, long? maxMicros)
    {
        lock (_gate)
        {
            (_maxTokens, _maxMicros) = (maxTokens, maxMicros);
        }
    }

    /// <summary>Adds what was spent without a reservation, before the account was opened.</summary>
    internal void Spend(long tokens, long micros)
    {
        lock (_gate)
        {
            _tokens += tokens;
            _micros += micros;
        }
    }

    /// <summary>Reserves what a call may take; why not, in words, when there is not so much left.</summary>
    internal string? Reserve(long tokens, long micros)
    {
        lock (_gate)
        {
            if (_tokens + _reservedTokens + tokens > _maxTokens)
            {
                return string.Create(CultureInfo.InvariantCulture, $"The budget of {name} is {_maxTokens} tokens; {_tokens} are spent, {_reservedTokens} are reserved, and this call may take {tokens}.");
            }

            if (_micros + _reservedMicros + micros > _maxMicros)
            {
                return string.Create(CultureInfo.InvariantCulture, $"The budget of {name} is {_maxMicros / 1e6m:0.######}; {_micros / 1e6m:0.######} is spent, {_reservedMicros / 1e6m:0.######} is reserved, and this call may cost {micros / 1e6m:0.######}.");
            }

            _reservedTokens += tokens;
            _reservedMicros += micros;
            return null;
        }
    }

    /// <summary>Puts what was taken in the place of what was reserved.</summary>
    internal void Settle(long reservedTokens, long reservedMicros, long tokens, long micros)
    {
        lock (_gate)
        {
            _reservedTokens -= reservedTokens;
            _reservedMicros -= reservedMicros;
            _tokens += tokens;
            _micros += micros;
        }
    }
}
