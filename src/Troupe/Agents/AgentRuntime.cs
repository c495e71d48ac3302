using Microsoft.Extensions.AI;
using Troupe.Caching;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Agents;

/// <summary>Hosts agents: give it a store, models and agents, and talk to sessions. Thread-safe. Dispose it to save what is batched and
/// close the store.</summary>
public sealed class AgentRuntime : IAsyncDisposable
{
    private static readonly TimeSpan UsualDrain = TimeSpan.FromSeconds(5);

    private readonly AgentRuntimeOptions _options;
    private readonly RuntimeGauges _gauges;
    private readonly RuntimeLog _told;
    private bool _disposed;

    /// <summary>Starts a runtime over a store, which it disposes in the end.</summary>
    public AgentRuntime(IStore store, AgentRuntimeOptions? options = null)
    {
        _options = options ?? new AgentRuntimeOptions();
        Store = store;
        Profiler = new Profiler(_options.Time);
        Models = new ModelCatalog(_options.Time, Caches, _options.Answers, Profiler);
        Journal = new Journal(store, _options.Journal, _options.Time, _options.Logs.CreateLogger("Troupe.Journal"), Profiler);
        _options.Budget?.Validate("the host");
        Budgets = new BudgetBook(store, _options.Budget, _options.Time);
        Pool = new AgentPool(Models, Tools, _options.Pool, _options.Time);
        var engine = new TurnEngine(Agents, Models, Tools, Budgets, Caches, Pool, Profiler, _options.Time, _options.Logs.CreateLogger("Troupe.Turns"));
        var turns = new TurnMeter(engine.RunAsync, Agents, Models, Profiler);
        Sessions = new SessionDirectory(
            store, Journal, turns.RunAsync, Agents.PolicyOf, _options.Sessions, _options.Time, _options.Logs.CreateLogger("Troupe.Sessions"), Profiler);
        Sessions.Deleted += Forget;
        Sessions.Erased += Forget;
        _gauges = new RuntimeGauges(this);
        _told = new RuntimeLog(this, _options.Time, _options.Logs.CreateLogger("Troupe.Performance"));
    }

    /// <summary>The agents.</summary>
    public AgentCatalog Agents { get; } = new();

    /// <summary>The tools that agents may name.</summary>
    public ToolCatalog Tools { get; } = new();

    /// <summary>The caches, by name.</summary>
    public CacheCatalog Caches { get; } = new();

    /// <summary>The agents that are kept warm.</summary>
    public AgentPool Pool { get; }

    /// <summary>What has been spent.</summary>
    internal BudgetBook Budgets { get; }

    /// <summary>The models.</summary>
    public ModelCatalog Models { get; }

    /// <summary>What embeds texts; null where none was given.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings => _options.Embeddings;

    /// <summary>The sessions.</summary>
    public SessionDirectory Sessions { get; }

    /// <summary>The store, for reading; writes go through <see cref="Journal"/>.</summary>
    public IStore Store { get; }

    /// <summary>The journal.</summary>
    public Journal Journal { get; }

    /// <summary>What measures turns, model calls, tools and the store; measure what is yours with it too.</summary>
    public Profiler Profiler { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => _options.Time;

    /// <summary>The account of what an owner may spend today, for calls of models that are no turns; null where that is not limited.</summary>
    public ValueTask<BudgetAccount?> OwnerDayBudgetAsync(string owner) => Budgets.OwnerDayAsync(owner);

    /// <summary>The limits of spending that are set, the host's and then the agents', and after them what owners have spent today where that is limited. An owner
    /// who has not begun a turn since the start is not among them.</summary>
    public IEnumerable<BudgetStanding> BudgetStandings() => Budgets.Standings(Agents.All);

    /// <summary>A new session with an agent, as a chat client: each call is a turn.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="owner">Whom the session belongs to.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<SessionChatClient> OpenAsync(string agent, string owner = "local", CancellationToken cancellationToken = default)
    {
        var definition = Agents.Get(agent);
        var session = await Sessions.CreateAsync(owner, definition.Name, definition.Durability, cancellationToken: cancellationToken);
        return new SessionChatClient(this, session.Record.Id, owner);
    }

    /// <summary>A session that exists, as a chat client.</summary>
    /// <exception cref="TroupeException">There is none of that owner (code session_not_found).</exception>
    public async Task<SessionChatClient> ResumeAsync(string sessionId, string owner = "local", CancellationToken cancellationToken = default)
    {
        await Sessions.UseAsync(sessionId, owner, static session => new ValueTask<string>(session.Record.Id), cancellationToken);
        return new SessionChatClient(this, sessionId, owner);
    }

    /// <summary>Ends in good order: turns under way may end within a time, the rest is marked, everything is saved, the store is closed.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        await Sessions.DrainAsync(drain);
        _told.Dispose();
        _gauges.Dispose();
        await Journal.DisposeAsync();
        await Sessions.DisposeAsync();
        await Tools.DisposeAsync();
        if (Journal.HasEnded)
        {
            // Not under a commit that hangs; the process ends soon, and what is not committed is not there.
            await Store.DisposeAsync();
        }

        Pool.Dispose();
        Models.Dispose();
        await Caches.DisposeAsync();
        Embeddings?.Dispose();
    }

    private void Forget(SessionRecord session) => Caches.Tags.Invalidate(CacheCatalog.TagOfSession(session.Id));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(UsualDrain);
}
