using System.Collections.Concurrent;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Agents;

/// <summary>The accounts that a turn counts for, filled from the store when they are opened, so that a restart forgives nothing. Thread-safe.</summary>
internal sealed class BudgetBook(IStore store, Budget? host, TimeProvider time)
{
    private const int MaxAccounts = 100_000;

    private readonly ConcurrentDictionary<(string Owner, string? Agent, DateTime Day), OwnerDay> _days = new();

    /// <summary>The accounts of a turn; none where nothing is limited.</summary>
    public async ValueTask<IReadOnlyList<BudgetAccount>> OpenAsync(AgentDefinition agent, Session session, SessionMind mind)
    {
        if (host is null && agent.Budget is null)
        {
            mind.Account = null;
            ForgetDay();
            return [];
        }

        List<BudgetAccount> accounts = [];
        if (Least(b => b.TurnTokens) is var turnTokens && Least(b => b.TurnMoney) is var turnMoney && (turnTokens is not null || turnMoney is not null))
        {
            accounts.Add(new BudgetAccount("this turn", turnTokens, Micros(turnMoney)));
        }

        if (Least(b => b.SessionTokens) is var sessionTokens && Least(b => b.SessionMoney) is var sessionMoney && (sessionTokens is not null || sessionMoney is not null))
        {
            // It lives as long as the session is loaded, and is filled anew from its turns after that.
            if (mind.Account is { } account)
            {
                account.Limit(sessionTokens, Micros(sessionMoney));
            }
            else
            {
                mind.Account = account = new BudgetAccount("this session", sessionTokens, Micros(sessionMoney));
                var (tokens, micros) = session.Spent();
                account.Spend(tokens, micros);
            }

            accounts.Add(account);
        }
        else
        {
            mind.Account = null;
        }

        if (agent.Budget is not ({ OwnerDayTokens: not null } or { OwnerDayMoney: not null }))
        {
            ForgetDay();
        }

        foreach (var (budget, name) in new[] { (host, (string?)null), (agent.Budget, agent.Name) })
        {
            if (budget is { OwnerDayTokens: not null } or { OwnerDayMoney: not null })
            {
                accounts.Add(await DayAsync(session.Record.Owner, name, budget));
            }
        }

        return accounts;

        // What is spent while an account is not asked is not in it: should it be asked again, it is filled anew.
        void ForgetDay()
        {
            if (!_days.IsEmpty)
            {
                _days.TryRemove((session.Record.Owner, agent.Name, time.GetUtcNow().UtcDateTime.Date), out _);
            }
        }

        T? Least<T>(Func<Budget, T?> limit)
            where T : struct, IComparable<T>
        {
            var (one, other) = (host is null ? null : limit(host), agent.Budget is null ? null : limit(agent.Budget));
            return one is null ? other : other is null ? one : one.Value.CompareTo(other.Value) < 0 ? one : other;
        }
    }

    /// <summary>The account of an owner's day, for calls that are no turns; null where it is not limited.</summary>
    public async ValueTask<BudgetAccount?> OwnerDayAsync(string owner) =>
        host is { OwnerDayTokens: not null } or { OwnerDayMoney: not null } ? await DayAsync(owner, null, host) : null;

    /// <summary>The limits that are set, and then what owners have spent today where that is limited and has been asked for.</summary>
    public IEnumerable<BudgetStanding> Standings(IEnumerable<AgentDefinition> agents)
    {
        foreach (var (budget, agent) in agents.Select(a => (a.Budget, (string?)a.Name)).Prepend((host, null)))
        {
            foreach (var (scope, tokens, money) in new[]
            {
                (BudgetScope.Turn, budget?.TurnTokens, budget?.TurnMoney), (BudgetScope.Session, budget?.SessionTokens, budget?.SessionMoney),
                (BudgetScope.OwnerDay, budget?.OwnerDayTokens, budget?.OwnerDayMoney),
            })
            {
                if (tokens is not null || money is not null)
                {
                    yield return new BudgetStanding(scope, null, agent, null, tokens, null, Micros(money));
                }
            }
        }

        var today = time.GetUtcNow().UtcDateTime.Date;
        foreach (var (key, day) in _days)
        {
            if (key.Day == today && day.Filled.IsCompletedSuccessfully)
            {
                var account = day.Account;
                yield return new BudgetStanding(BudgetScope.OwnerDay, key.Owner, key.Agent, account.Tokens, account.MaxTokens, account.Micros, account.MaxMicros);
            }
        }
    }

    private static long? Micros(decimal? money) => (long?)(money * 1_000_000);

    private async Task<BudgetAccount> DayAsync(string owner, string? agent, Budget budget)
    {
        var key = (Owner: owner, Agent: agent, Day: time.GetUtcNow().UtcDateTime.Date);
        if (!_days.TryGetValue(key, out var day))
        {
            MakeRoom(key.Day);
            day = _days.GetOrAdd(key, static (key, state) => new OwnerDay(state.store, key.Owner, key.Agent, key.Day, state.budget), (store, budget));
        }

        try
        {
            var account = await day.Filled;
            account.Limit(budget.OwnerDayTokens, Micros(budget.OwnerDayMoney));
            return account;
        }
        catch
        {
            // The store may be readable again for the next one.
            _days.TryRemove(new(key, day));
            throw;
        }
    }

    /// <summary>Former days go; where there are too many, those that nothing runs under, which the store fills again.</summary>
    private void MakeRoom(DateTime today)
    {
        var isFull = _days.Count >= MaxAccounts;
        foreach (var (key, day) in _days)
        {
            if (key.Day < today || (isFull && !day.Account.IsInUse))
            {
                _days.TryRemove(new(key, day));
            }
        }
    }

    /// <summary>What an owner has spent in a day.</summary>
    private sealed class OwnerDay
    {
        public OwnerDay(IStore store, string owner, string? agent, DateTime day, Budget budget)
        {
            Account = new BudgetAccount(agent is null ? "today" : $"today with {agent}", budget.OwnerDayTokens, Micros(budget.OwnerDayMoney))
            {
                Until = new DateTimeOffset(day.AddDays(1), TimeSpan.Zero),
            };
            Filled = FillAsync(store, owner, agent, new DateTimeOffset(day, TimeSpan.Zero));
        }

        public BudgetAccount Account { get; }

        public Task<BudgetAccount> Filled { get; }

        private async Task<BudgetAccount> FillAsync(IStore store, string owner, string? agent, DateTimeOffset since)
        {
            var (tokens, micros) = await store.SpentAsync(owner, agent, since, CancellationToken.None);
            Account.Spend(tokens, micros);
            return Account;
        }
    }
}
