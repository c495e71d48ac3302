using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Troupe.Telemetry;

namespace Troupe.Chat;

/// <summary>The models by name. Thread-safe.</summary>
/// <param name="time">The clock. Default the system's.</param>
/// <param name="profiler">What measures the calls; null for nothing.</param>
public sealed class ModelCatalog(TimeProvider? time = null, Profiler? profiler = null) : IDisposable
{
    private readonly ConcurrentDictionary<string, Model> _models = new(StringComparer.Ordinal);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

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
        var metrics = new ModelMetrics(info, profiler?.Section(info.Name, ProfileCategory.ModelCalls));
        var model = new Model(info, Compose(info, provider, metrics), metrics);
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
    }

    /// <summary>The order of the pipeline, outermost first; what is behind the provider's name retries by itself. A fallback is the other
    /// model's whole pipeline, so each model's figures are its own.</summary>
    private IChatClient Compose(ModelInfo info, IChatClient provider, ModelMetrics metrics)
    {
        var metered = new MeterChatClient(provider, info.Name, metrics, _time);
        return info.Fallbacks.Count == 0 ? metered : new FallbackChatClient(metered, [.. info.Fallbacks.Select(name => (Func<IChatClient?>)(() => Find(name)?.Alone))]);
    }
}
