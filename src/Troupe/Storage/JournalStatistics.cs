using Troupe.Telemetry;

namespace Troupe.Storage;

/// <summary>What a journal has done since its start. Times are in microseconds.</summary>
public sealed record JournalStatistics(
    long Commits,
    long Operations,
    long Bytes,
    long Failures,
    int Waiting,
    int Deferred,
    int Turns,
    HistogramSummary BatchSize,
    HistogramSummary CommitMicroseconds);
