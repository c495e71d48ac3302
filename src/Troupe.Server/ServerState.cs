namespace Troupe.Server;

/// <summary>Where the server stands in its life. Thread-safe.</summary>
public sealed class ServerState : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled when the server begins to stop.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Whether it takes nothing new.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    internal void Stop() => _stopping.Cancel();
}
