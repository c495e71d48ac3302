using Troupe.Chat;
using Troupe.Tools;

namespace Troupe.Agents;

/// <summary>Agents that are kept ready, by definition. They are shared and hold no state of anybody, so its size bounds what is warm and never how many turns run.
/// The least recently used is let go first, and what nobody uses after a while. Thread-safe.</summary>
public sealed class AgentPool : IDisposable
{
    private const int MaxRemembered = 10_000;
    private const int LeastUses = 100;

    private readonly Lock _gate = new();
    private readonly LinkedList<PooledAgent> _byUse = new();
    private readonly Dictionary<string, LinkedListNode<PooledAgent>> _agents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _evictedAt = new(StringComparer.Ordinal);
    private readonly ModelCatalog _models;
    private readonly ToolCatalog _tools;
    private readonly AgentPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _cleaning;
    private long _hits;
    private long _misses;
    private long _evicted;
    private long _expired;
    private long _replaced;
    private long _remade;
    private int _inUse;
    private int _mostWarm;
    private bool _isDisposed;

    internal AgentPool(ModelCatalog models, ToolCatalog tools, AgentPoolOptions options, TimeProvider time)
    {
        options.Validate();
        (_models, _tools, _options, _time) = (models, tools, options, time);
        var self = new WeakReference<AgentPool>(this);
        _cleaning = time.CreateTimer(static state => CleanIfAlive((WeakReference<AgentPool>)state!), self, options.Idle / 2, options.Idle / 2);
    }

    /// <summary>What the pool has done.</summary>
    public AgentPoolStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new AgentPoolStatistics(_options.Size, _agents.Count, _inUse, _hits, _misses, _evicted, _expired, _replaced, _remade, AdviseLocked());
            }
        }
    }

    /// <summary>Makes agents ready before anybody asks, as many as there is room for.</summary>
    /// <returns>How many were made.</returns>
    public int WarmUp(IEnumerable<AgentDefinition> agents)
    {
        var made = 0;
        foreach (var agent in agents)
        {
            lock (_gate)
            {
                if (_isDisposed || _agents.Count >= _options.Size)
                {
                    return made;
                }

                if (!_agents.ContainsKey(agent.Name))
                {
                    AddLocked(agent);
                    made++;
                }
            }
        }

        return made;
    }

    /// <summary>Uses an agent for nothing, as a turn would: it becomes the one that was used last, and is made where it is not warm.</summary>
    public void Touch(AgentDefinition agent)
    {
        using var lease = Lease(agent);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            while (_byUse.Last is { } node)
            {
                RetireLocked(node);
            }
        }

        _cleaning.Dispose();
    }

    /// <summary>The use of an agent, which is made where it is not warm. Never waits.</summary>
    internal AgentLease Lease(AgentDefinition definition)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_agents.TryGetValue(definition.Name, out var node))
            {
                if (ReferenceEquals(node.Value.Definition, definition) && ReferenceEquals(node.Value.Model, _models.Find(definition.Model)))
                {
                    _hits++;
                    if (node != _byUse.First)
                    {
                        _byUse.Remove(node);
                        _byUse.AddFirst(node);
                    }

                    return UseLocked(node.Value);
                }

                // It was defined anew, or its name means another model now.
                _replaced++;
                RetireLocked(node);
            }

            _misses++;
            if (_evictedAt.Remove(definition.Name, out var at) && _time.GetElapsedTime(at) < _options.Idle)
            {
                _remade++;
            }

            while (_agents.Count >= _options.Size)
            {
                var oldest = _byUse.Last!;
                if (_evictedAt.Count < MaxRemembered)
                {
                    _evictedAt[oldest.Value.Definition.Name] = _time.GetTimestamp();
                }

                RetireLocked(oldest);
                _evicted++;
            }

            return UseLocked(AddLocked(definition));
        }
    }

    internal void Return(PooledAgent agent)
    {
        lock (_gate)
        {
            agent.Uses--;
            _inUse--;
            agent.UsedAt = _time.GetTimestamp();
        }
    }

    /// <summary>Lets go what nobody has used for a while.</summary>
    internal void Clean()
    {
        lock (_gate)
        {
            for (var node = _byUse.Last; node is not null;)
            {
                var next = node.Previous;
                if (node.Value.Uses == 0 && _time.GetElapsedTime(node.Value.UsedAt) >= _options.Idle)
                {
                    RetireLocked(node);
                    _expired++;
                }

                node = next;
            }

            foreach (var (name, at) in _evictedAt)
            {
                if (_time.GetElapsedTime(at) >= _options.Idle)
                {
                    _evictedAt.Remove(name);
                }
            }
        }
    }

    private static void CleanIfAlive(WeakReference<AgentPool> self)
    {
        if (self.TryGetTarget(out var pool))
        {
            pool.Clean();
        }
    }

    private AgentLease UseLocked(PooledAgent agent)
    {
        agent.Uses++;
        _inUse++;
        return new AgentLease(this, agent);
    }

    private PooledAgent AddLocked(AgentDefinition definition)
    {
        var agent = new PooledAgent(definition, _models.Find(definition.Model), _tools.ResolveFixed(definition.Tools)) { UsedAt = _time.GetTimestamp() };
        _agents.Add(definition.Name, _byUse.AddFirst(agent));
        _mostWarm = Math.Max(_mostWarm, _agents.Count);
        return agent;
    }

    private void RetireLocked(LinkedListNode<PooledAgent> node)
    {
        node.Value.IsRetired = true;
        _byUse.Remove(node);
        _agents.Remove(node.Value.Definition.Name);
    }

    private string AdviseLocked()
    {
        if (_hits + _misses < LeastUses)
        {
            return $"There is no advice before {LeastUses} uses.";
        }

        if (_remade * 20 > _hits + _misses)
        {
            return $"{_remade} of {_hits + _misses} uses had to make an agent again that had been let go: raise the size to at least {_options.Size + _evictedAt.Count}.";
        }

        return _mostWarm * 2 <= _options.Size && _options.Size > 10
            ? $"Never more than {_mostWarm} agents were warm: a size of {Math.Max(10, _mostWarm)} would do."
            : "The size is right.";
    }
}
