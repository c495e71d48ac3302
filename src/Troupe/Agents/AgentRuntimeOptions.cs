using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Agents;

/// <summary>The bounds and surroundings of an <see cref="AgentRuntime"/>.</summary>
public sealed record AgentRuntimeOptions
{
    /// <summary>The journal's bounds.</summary>
    public JournalOptions Journal { get; init; } = new();

    /// <summary>The bounds of what is loaded.</summary>
    public SessionDirectoryOptions Sessions { get; init; } = new();

    /// <summary>The clock. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The bounds of the answers that are kept for the agents that ask for it.</summary>
    public AnswerCacheOptions Answers { get; init; } = new();

    /// <summary>The bounds of the agents that are kept warm.</summary>
    public AgentPoolOptions Pool { get; init; } = new();

    /// <summary>What all agents' turns may spend; null, the default, for no limits.</summary>
    public Budget? Budget { get; init; }

    /// <summary>What embeds texts; the runtime disposes it. Default none.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; init; }

    /// <summary>Where logs go. Default nowhere.</summary>
    public ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;
}
