using Troupe.Agents;
using Troupe.Storage;

namespace Troupe.Tests.Agents;

public sealed class AgentPoolTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly AgentRuntime _runtime;

    public AgentPoolTests()
    {
        _runtime = new AgentRuntime(new MemoryStore(), new AgentRuntimeOptions { Time = _time, Pool = new AgentPoolOptions { Size = 10, Idle = TimeSpan.FromMinutes(30) } });
        _runtime.Models.Add("model", new ScriptedChatClient());
    }

    private AgentPoolStatistics Statistics => _runtime.Pool.Statistics;

    public ValueTask DisposeAsync() => _runtime.DisposeAsync();

    [Fact]
    public void A_warm_agent_is_one_object_for_all_who_use_it()
    {
        var agent = Agent(1);
        using var one = _runtime.Pool.Lease(agent);
        using var other = _runtime.Pool.Lease(agent);

        Assert.Same(one.Agent, other.Agent);
        Assert.Equal((1, 2, 1L, 1L), (Statistics.Warm, Statistics.InUse, Statistics.Hits, Statistics.Misses));
    }

    [Fact]
    public async Task Ten_thousand_uses_of_fifty_agents_a_thousand_at_once_never_wait_and_leak_nothing()
    {
        var agents = Enumerable.Range(0, 50).Select(Agent).ToList();
        var all = new TaskCompletionSource();
        var begun = 0;
        for (var round = 0; round < 10; round++)
        {
            // All thousand hold their lease at once: a pool whose size bounded them would never get here.
            all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            begun = 0;
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(async () =>
            {
                using var lease = _runtime.Pool.Lease(agents[i % agents.Count]);
                Assert.Equal(agents[i % agents.Count].Name, lease.Agent.Definition.Name);
                if (Interlocked.Increment(ref begun) == 1000)
                {
                    all.SetResult();
                }

                await all.Task.WaitAsync(Limits.Token);
                Assert.NotNull(lease.Agent.Model);
            })));
        }

        Assert.Equal((10, 0, 10_000L), (Statistics.Warm, Statistics.InUse, Statistics.Hits + Statistics.Misses));
        Assert.Equal(Statistics.Misses - 10, Statistics.Evicted);
    }

    [Fact]
    public void The_least_recently_used_goes_first_and_stays_good_for_who_uses_it()
    {
        var agents = Enumerable.Range(0, 11).Select(Agent).ToList();
        var held = _runtime.Pool.Lease(agents[0]);
        agents[1..10].ForEach(a => _runtime.Pool.Lease(a).Dispose());
        _runtime.Pool.Lease(agents[1]).Dispose();
        _runtime.Pool.Lease(agents[10]).Dispose();

        Assert.True(held.Agent.IsRetired);
        Assert.NotNull(held.Agent.Model);
        held.Dispose();
        Assert.Throws<ObjectDisposedException>(() => held.Agent);
        Assert.Equal((10, 0, 1L), (Statistics.Warm, Statistics.InUse, Statistics.Evicted));
        _runtime.Pool.Lease(agents[0]).Dispose();
        Assert.Equal((1L, 2L), (Statistics.Remade, Statistics.Evicted));
    }

    [Fact]
    public void What_nobody_uses_is_let_go_and_what_is_used_stays()
    {
        var held = _runtime.Pool.Lease(Agent(1));
        _runtime.Pool.Lease(Agent(2)).Dispose();
        _time.Advance(TimeSpan.FromMinutes(29));
        _runtime.Pool.Clean();
        Assert.Equal(2, Statistics.Warm);
        _time.Advance(TimeSpan.FromMinutes(1));
        _runtime.Pool.Clean();

        Assert.Equal((1, 1L), (Statistics.Warm, Statistics.Expired));
        held.Dispose();
        _time.Advance(TimeSpan.FromMinutes(30));
        _runtime.Pool.Clean();
        Assert.Equal(0, Statistics.Warm);
    }

    [Fact]
    public void A_new_definition_or_another_default_model_replaces_the_warm_one()
    {
        _runtime.Pool.Lease(Agent(1)).Dispose();
        using (var changed = _runtime.Pool.Lease(Agent(1) with { Instructions = "Other." }))
        {
            Assert.Equal("Other.", changed.Agent.Definition.Instructions);
        }

        _runtime.Models.Add("other", new ScriptedChatClient());
        _runtime.Models.Default = "other";
        using var now = _runtime.Pool.Lease(Agent(1) with { Instructions = "Other." });
        Assert.Equal("other", now.Agent.Model!.Info.Name);
    }

    [Fact]
    public void Warm_up_fills_the_pool_and_no_more()
    {
        Assert.Equal(10, _runtime.Pool.WarmUp(Enumerable.Range(0, 30).Select(Agent)));
        Assert.Equal((10, 0L, 0L), (Statistics.Warm, Statistics.Misses, Statistics.Evicted));
    }

    [Fact]
    public void Advice_follows_the_figures()
    {
        Assert.StartsWith("There is no advice", Statistics.Advice, StringComparison.Ordinal);
        for (var i = 0; i < 200; i++)
        {
            _runtime.Pool.Lease(Agent(i % 12)).Dispose();
        }

        Assert.Contains("raise the size to at least 1", Statistics.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(10_001, 60)]
    [InlineData(10, 0)]
    public void Sizes_out_of_range_stop_the_start(int size, int idle) => Assert.Equal(
        "option_out_of_range",
        Assert.Throws<TroupeException>(() => new AgentRuntime(new MemoryStore(), new AgentRuntimeOptions { Pool = new AgentPoolOptions { Size = size, Idle = TimeSpan.FromSeconds(idle) } })).Code);

    private static AgentDefinition Agent(int number) => Definitions[number];

    private static readonly AgentDefinition[] Definitions = [.. Enumerable.Range(0, 60).Select(i => new AgentDefinition { Name = $"agent-{i}" })];
}
