namespace Troupe.Agents;

/// <summary>The use of a pooled agent; it ends when this is disposed, once.</summary>
internal struct AgentLease(AgentPool pool, PooledAgent agent) : IDisposable
{
    private AgentPool? _pool = pool;

    public readonly PooledAgent Agent => _pool is null ? throw new ObjectDisposedException(nameof(AgentLease)) : agent;

    public void Dispose()
    {
        _pool?.Return(agent);
        _pool = null;
    }
}
