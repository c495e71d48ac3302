using Troupe.Agents;
using Troupe.Specialists;
using Troupe.Storage;

namespace Troupe.Tests.Specialists;

public sealed class SpecialistPanelTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly AgentRuntime _runtime;
    private readonly Dictionary<string, ScriptedChatClient> _models = new(StringComparer.Ordinal);

    public SpecialistPanelTests()
    {
        _runtime = new AgentRuntime(new MemoryStore(), new AgentRuntimeOptions { Time = _time });
        foreach (var name in new[] { "career", "finance", "wellness" })
        {
            _runtime.Models.Add(name, _models[name] = new ScriptedChatClient());
            _runtime.Agents.Add(new AgentDefinition { Name = name, Model = name, Instructions = $"You know {name}." });
        }
    }

    public ValueTask DisposeAsync() => _runtime.DisposeAsync();

    [Fact]
    public async Task All_are_asked_at_once_and_answer_in_the_order_of_the_question()
    {
        var panel = new SpecialistPanel(_runtime);
        var asking = panel.ConsultAsync("What now?", ["career", "finance", "wellness"], cancellationToken: Limits.Token);
        var calls = new Dictionary<string, ScriptedChatClient.Call>(StringComparer.Ordinal);
        foreach (var (name, model) in _models)
        {
            calls[name] = await model.NextAsync();
            Assert.Equal([$"You know {name}.", "What now?"], calls[name].Messages.Select(m => m.Text));
        }

        calls["wellness"].Finish("Sleep.");
        calls["finance"].Finish("Save.");
        calls["career"].Finish("Learn.");
        var consultation = await asking;

        Assert.Equal(["Learn.", "Save.", "Sleep."], consultation.Opinions.Select(o => o.Text));
        Assert.Equal("career:\nLearn.\n\nfinance:\nSave.\n\nwellness:\nSleep.", consultation.Text);
        Assert.Empty(consultation.Late.Concat(consultation.Failed));
    }

    [Fact]
    public async Task One_that_is_late_and_one_that_fails_are_named_and_hold_up_nobody()
    {
        var panel = new SpecialistPanel(_runtime, new PanelOptions { Timeout = TimeSpan.FromSeconds(30) });
        var opinions = panel.StreamAsync("What now?", ["career", "finance", "wellness"], cancellationToken: Limits.Token).GetAsyncEnumerator(Limits.Token);
        var (career, finance, wellness) = (await _models["career"].NextAsync(), await _models["finance"].NextAsync(), await _models["wellness"].NextAsync());

        finance.Finish("Save.");
        Assert.True(await opinions.MoveNextAsync());
        Assert.Equal(("finance", OpinionStatus.Given), (opinions.Current.Agent, opinions.Current.Status));
        wellness.Fail(new InvalidOperationException("secret words"));
        Assert.True(await opinions.MoveNextAsync());
        Assert.Equal(("wellness", OpinionStatus.Failed), (opinions.Current.Agent, opinions.Current.Status));
        Assert.DoesNotContain("secret", opinions.Current.Error, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await opinions.MoveNextAsync());
        Assert.Equal(("career", OpinionStatus.Late), (opinions.Current.Agent, opinions.Current.Status));
        Assert.False(await opinions.MoveNextAsync());
        await career.LeftAsync();
    }

    [Fact]
    public async Task Workers_bound_how_many_are_asked_at_once()
    {
        var panel = new SpecialistPanel(_runtime, new PanelOptions { MaxWorkers = 1 });
        var asking = panel.ConsultAsync("What now?", ["career", "career"], cancellationToken: Limits.Token);
        var first = await _models["career"].NextAsync();
        Assert.Equal(1, _models["career"].Count);
        first.Finish("One.");
        (await _models["career"].NextAsync()).Finish("Two.");
        Assert.Equal(["One.", "Two."], (await asking).Opinions.Select(o => o.Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_leaves_stops_them()
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);
        var asking = new SpecialistPanel(_runtime).ConsultAsync("What now?", ["career"], cancellationToken: leave.Token);
        var call = await _models["career"].NextAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await call.LeftAsync();
    }

    [Fact]
    public async Task Unknown_and_too_many_are_refused_before_anybody_is_asked()
    {
        var panel = new SpecialistPanel(_runtime, new PanelOptions { MaxSpecialists = 2 });
        Assert.Equal("agent_not_found", (await Assert.ThrowsAsync<TroupeException>(() => panel.ConsultAsync("?", ["career", "nobody"], cancellationToken: Limits.Token))).Code);
        Assert.Equal("too_many_specialists", (await Assert.ThrowsAsync<TroupeException>(() => panel.ConsultAsync("?", ["career", "career", "career"], cancellationToken: Limits.Token))).Code);
        Assert.All(_models.Values, m => Assert.Equal(0, m.Count));
        Assert.Throws<TroupeException>(() => new SpecialistPanel(_runtime, new PanelOptions { MaxWorkers = 0 }));
    }

    [Fact]
    public async Task Work_that_computes_runs_on_threads_of_its_own_and_ends_with_them()
    {
        using var gate = new ManualResetEventSlim();
        var workers = new CpuWorkers(threads: 2, capacity: 1);
        var names = new List<Task<string?>>();
        for (var i = 0; i < 2; i++)
        {
            names.Add(workers.RunAsync(_ =>
            {
                gate.Wait(Limits.Wait);
                return Thread.CurrentThread.Name;
            }, Limits.Token));
        }

        var failing = workers.RunAsync<int>(_ => throw new InvalidOperationException("as it is"), Limits.Token);
        using var leave = new CancellationTokenSource();
        var left = workers.RunAsync(_ => 1, leave.Token);
        await leave.CancelAsync();
        gate.Set();
        Assert.All(await Task.WhenAll(names), name => Assert.StartsWith("troupe-cpu-", name, StringComparison.Ordinal));
        Assert.Equal("as it is", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await workers.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => workers.RunAsync(_ => 1, Limits.Token));
    }
}
