using Troupe.Agents;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Sqlite;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

/// <summary>A runtime with one agent and one scripted model over a store that survives reopening and crashes.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string Owner = "ann";

    private readonly TempFolder? _folder;
    private readonly MemoryStore _memory = new();
    private readonly AgentDefinition _agent;
    private readonly ModelInfo _model;
    private readonly AgentRuntimeOptions? _options;

    public Stage(bool sqlite = false, AgentDefinition? agent = null, AgentRuntimeOptions? options = null, ModelInfo? model = null)
    {
        _folder = sqlite ? new TempFolder() : null;
        _agent = agent ?? new AgentDefinition { Name = "guide" };
        _model = model ?? new ModelInfo { Name = "scripted", Provider = "test" };
        _options = options;
        (Store, Runtime) = Open();
    }

    public ScriptedChatClient Model { get; } = new();

    public GatedStore Store { get; private set; }

    public AgentRuntime Runtime { get; private set; }

    public SessionDirectory Sessions => Runtime.Sessions;

    /// <summary>A new session of the owner, durable in the store.</summary>
    public async Task<string> NewAsync(Durability durability = Durability.Durable) =>
        (await Sessions.CreateAsync(Owner, _agent.Name, durability)).Record.Id;

    public async Task<(Session Session, Turn Turn)> SayAsync(string id, string text, string? key = null, int? parent = null) =>
        await SubmitAsync(id, new TurnInput { Message = text, Key = key, Parent = parent });

    public async Task<(Session Session, Turn Turn)> SubmitAsync(string id, TurnInput input) =>
        await Sessions.SubmitAsync(id, Owner, input, Limits.Token);

    /// <summary>Says something and waits for the end of its turn.</summary>
    public async Task<TurnResult> AskAsync(string id, string text, string? key = null, int? parent = null)
    {
        var (session, turn) = await SayAsync(id, text, key, parent);
        return await session.WaitAsync(turn, Limits.Token);
    }

    public async Task<T> ReadAsync<T>(string id, Func<Session, T> read) =>
        await Sessions.UseAsync(id, Owner, s => new ValueTask<T>(read(s)), Limits.Token);

    public Task<Entry[]> EntriesAsync(string id) => ReadAsync(id, s => s.Page(0, int.MaxValue));

    /// <summary>What the store has, whatever is in memory.</summary>
    public async Task<StoredSession?> StoredAsync(string id) => await Store.Inner.LoadSessionAsync(id, Limits.Token);

    /// <summary>Takes an idle session out of memory.</summary>
    public async Task UnloadAsync(string id)
    {
        var session = await ReadAsync(id, s => s);
        Assert.True(session.TryClose());
        Sessions.Remove(session);
    }

    /// <summary>Stops in good order and starts anew over the same data.</summary>
    public async Task ReopenAsync()
    {
        await Runtime.StopAsync(TimeSpan.Zero).Soon();
        (Store, Runtime) = Open();
    }

    /// <summary>Loses what is not on disk and starts anew over the same data.</summary>
    public async Task CrashAsync()
    {
        Store.Die();
        await ReopenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Store.Release();
        await Runtime.StopAsync(TimeSpan.Zero).Soon();
        _folder?.Dispose();
    }

    private (GatedStore Store, AgentRuntime Runtime) Open()
    {
        IStore inner = _folder is null ? _memory : SqliteStore.Open(new SqliteOptions { Folder = _folder.Path });
        var store = new GatedStore(inner) { KeepsInner = _folder is null };
        var runtime = new AgentRuntime(store, _options);
        runtime.Models.Add(_model, Model);
        runtime.Agents.Add(_agent);
        return (store, runtime);
    }
}
