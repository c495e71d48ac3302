namespace Troupe.Telemetry;

/// <summary>What a process takes of its machine.</summary>
/// <param name="CpuPercent">0 to 100, of all cores.</param>
/// <param name="WorkingSetBytes">Memory that the process holds.</param>
/// <param name="HeapBytes">Of that, managed objects.</param>
/// <param name="AvailableMemoryBytes">What the process may use in all.</param>
/// <param name="DiskTotalBytes">The size of the data folder's disk; 0 when unknown.</param>
/// <param name="DiskFreeBytes">What is free there; 0 when unknown.</param>
/// <param name="Threads">Threads of the pool.</param>
/// <param name="QueuedWork">Work that waits for a thread.</param>
/// <param name="Uptime">Since the start.</param>
public sealed record SystemState(
    double CpuPercent,
    long WorkingSetBytes,
    long HeapBytes,
    long AvailableMemoryBytes,
    long DiskTotalBytes,
    long DiskFreeBytes,
    int Threads,
    long QueuedWork,
    TimeSpan Uptime);
