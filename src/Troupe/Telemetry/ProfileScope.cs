namespace Troupe.Telemetry;

/// <summary>One measurement under way; disposing it ends it. A copy that is disposed too counts again, so dispose it once, as <c>using</c> does.</summary>
public readonly struct ProfileScope : IDisposable
{
    private readonly ProfileSection? _section;
    private readonly long _started;

    internal ProfileScope(ProfileSection section)
    {
        _section = section;
        _started = section.Now();
    }

    /// <summary>Counts what has passed since the beginning.</summary>
    public void Dispose() => _section?.RecordSince(_started);
}
