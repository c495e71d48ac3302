namespace Troupe.Tools;

/// <summary>Tools that come and go while the runtime runs, such as those of a server. It is asked when a turn of an agent that names one of
/// them begins, and disposed with the runtime. Thread-safe.</summary>
public interface IToolSource : IAsyncDisposable
{
    /// <summary>What the names of its tools begin with: a name and two underscores, such as <c>files__</c>. An agent that names
    /// <c>files__*</c> has them all.</summary>
    string Prefix { get; }

    /// <summary>The tools as they are now. It must come to an end within a bound of its own, and be quick when nothing has changed.</summary>
    /// <exception cref="TroupeException">There are none at the moment; the message is for the model.</exception>
    ValueTask<IReadOnlyList<ToolDefinition>> ToolsAsync(CancellationToken cancellationToken);
}
