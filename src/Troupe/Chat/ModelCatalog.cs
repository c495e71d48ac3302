using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Troupe.Caching;
using Troupe.Telemetry;

namespace Troupe.Chat;

/// <summary>The models by name. Thread-safe.</summary>
public sealed class ModelCatalog : IDisposable
{
    private readonly ConcurrentDictionary<string, Model> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(bool IsGroup, string Name), ProviderGate> _gates = new();
    private readonly Cache<AnswerKey, Answer>? _answers;
    private readonly Profiler? _profiler;
    private readonly TimeProvider _time;

    /// <summary>Makes a catalog without models.</summary>
    /// <param name="time">The clock. Default the system's.</param>
    /// <param name="caches">Where its cache of answers is listed, as <c>answers</c>. Default nowhere.</param>
    /// <param name="options">The bounds of its cache.</param>
    /// <param name="profiler">What measures the calls; null for nothing.</param>
    /// <exception cref="TroupeException">An option is out of range (code option_out_of_range).</exception>
    public ModelCatalog(TimeProvider? time = null, CacheCatalog? caches = null, AnswerCacheOptions? options = null, Profiler? profiler = null)
    {
        _profiler = profiler;
        _time = time ?? TimeProvider.System;
        options ??= new AnswerCacheOptions();
        if (options.TimeToLive is not { } timeToLive)
        {
            return;
        }

        _answers = new Cache<AnswerKey, Answer>(
            new CacheOptions<AnswerKey, Answer>
            {
                Name = "answers",
                MaxEntries = options.MaxEntries,
                MaxBytes = options.MaxBytes,
                TimeToLive = timeToLive,
                Weigh = static (_, answer) => answer.Weight,
                Tags = caches?.Tags,
            },
            _time);
        caches?.Add(_answers);
    }

    /// <summary>The model of agents that name none: the first that was added, unless another was chosen.</summary>
    public string? Default { get; set; }

    /// <summary>All models, by name.</summary>
    public IEnumerable<Model> All => _models.Values.OrderBy(m => m.Info.Name, StringComparer.Ordinal);

    /// <summary>Adds a model under a name. The catalog disposes its client.</summary>
    public Model Add(string name, IChatClient provider) => Add(new ModelInfo { Name = name, Provider = "custom" }, provider);

    /// <summary>Adds a model. The catalog disposes its client.</summary>
    /// <exception cref="TroupeException">The name is taken (code model_exists).</exception>
    public Model Add(ModelInfo info, IChatClient provider)
    {
        info.Limits?.Validate(info.Name);
        var model = Compose(info, provider);
        if (!_models.TryAdd(info.Name, model))
        {
            throw new TroupeException(ErrorKind.Setup, "model_exists", $"There is a model '{info.Name}' already.");
        }

        Default ??= info.Name;
        return model;
    }

    /// <summary>A model by name, or the default for null; null when there is none.</summary>
    public Model? Find(string? name) => (name ?? Default) is { } wanted ? _models.GetValueOrDefault(wanted) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in _models.Values)
        {
            model.Client.Dispose();
        }

        foreach (var gate in _gates.Values)
        {
            gate.Dispose();
        }

        _answers?.Dispose();
    }

    /// <summary>The order of the pipeline, outermost last: meter ▸ cache ▸ budget ▸ coalesce ▸ fallback ▸ limit ▸ provider, which retries by itself. A fallback is the other
    /// model's own provider behind its own limits and meter, so that each model's figures are its own, and fallbacks do not go in circles.</summary>
    private Model Compose(ModelInfo info, IChatClient provider)
    {
        var metrics = new ModelMetrics(info, _profiler?.Section(info.Name, ProfileCategory.ModelCalls));
        var tokens = new TokenEstimator();
        var client = provider;
        if (info.Limits is not null || info.LimitGroup is not null)
        {
            // A model may have the name of a group that it is not in.
            var gate = _gates.GetOrAdd((info.LimitGroup is not null, info.LimitGroup ?? info.Name), _ => new ProviderGate(info.Limits ?? new ProviderLimits(), _time));
            client = new LimitChatClient(client, info, gate, tokens);
        }

        client = new CallChatClient(client, info.Name, metrics, _time);
        var alone = new MeterChatClient(client, metrics, _time);
        if (info.Fallbacks.Count > 0)
        {
            client = new FallbackChatClient(client, [.. info.Fallbacks.Select(name => (Func<Model?>)(() => Find(name)))]);
        }

        var shared = _answers is null ? null : new CoalesceChatClient(client, _answers);
        client = new BudgetChatClient(shared ?? client, info, name => Find(name)?.Info.Price, tokens, _time);
        if (_answers is not null)
        {
            client = new CacheChatClient(client, info, _answers, shared!);
        }

        return new Model(info, new MeterChatClient(client, metrics, _time), alone, metrics, tokens);
    }
}
