namespace Troupe.Telemetry;

/// <summary>A named piece of work and how long it has taken so far. Thread-safe; measuring takes no lock and allocates nothing.</summary>
public sealed class ProfileSection
{
    private const double NanosecondsPerSecond = 1e9;

    // In nanoseconds: what is worth measuring may take less than a microsecond.
    private readonly Histogram _nanoseconds = new();
    private readonly TimeProvider _time;
    private readonly double _nanosecondsPerTick;

    internal ProfileSection(string name, ProfileCategory category, TimeProvider time)
    {
        Name = name;
        Category = category;
        _time = time;
        _nanosecondsPerTick = NanosecondsPerSecond / time.TimestampFrequency;
    }

    /// <summary>The name, which is unique in its category.</summary>
    public string Name { get; }

    /// <summary>The kind of work.</summary>
    public ProfileCategory Category { get; }

    /// <summary>What has been counted so far, in nanoseconds.</summary>
    public HistogramSummary Nanoseconds => _nanoseconds.Summarize();

    /// <summary>Measures until the scope is disposed.</summary>
    public ProfileScope Measure() => new(this);

    /// <summary>Counts work that was timed elsewhere.</summary>
    public void Record(TimeSpan duration) => _nanoseconds.Record((long)duration.TotalNanoseconds);

    internal long Now() => _time.GetTimestamp();

    internal void RecordSince(long started) => _nanoseconds.Record((long)((_time.GetTimestamp() - started) * _nanosecondsPerTick));
}
