using System.Diagnostics;

namespace Troupe.Telemetry;

/// <summary>What the process takes of its machine. Thread-safe.</summary>
public sealed class SystemProbe
{
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly DateTimeOffset _started;
    private long _lastTimestamp;
    private TimeSpan _lastCpu;
    private double _cpuPercent;

    /// <summary>Begins to observe.</summary>
    /// <param name="folder">The folder whose disk is reported.</param>
    /// <param name="time">The clock.</param>
    public SystemProbe(string folder, TimeProvider? time = null)
    {
        _folder = Path.GetFullPath(folder);
        _time = time ?? TimeProvider.System;
        _started = _time.GetUtcNow();
        _lastTimestamp = _time.GetTimestamp();
        _lastCpu = CpuTime;
    }

    private static TimeSpan CpuTime => OperatingSystem.IsBrowser() || OperatingSystem.IsIOS() || OperatingSystem.IsTvOS()
        ? TimeSpan.Zero
        : Environment.CpuUsage.TotalTime;

    /// <summary>The state now; the share of the CPU is the average since the last look, of all cores.</summary>
    public SystemState Look()
    {
        double cpu;
        lock (_gate)
        {
            var elapsed = _time.GetElapsedTime(_lastTimestamp);
            if (elapsed >= LeastInterval)
            {
                var used = CpuTime;
                _cpuPercent = Math.Clamp(100 * (used - _lastCpu) / elapsed / Environment.ProcessorCount, 0, 100);
                _lastCpu = used;
                _lastTimestamp = _time.GetTimestamp();
            }

            cpu = _cpuPercent;
        }

        var memory = GC.GetGCMemoryInfo();
        using var process = Process.GetCurrentProcess();
        var disk = DiskOf(_folder);
        return new(
            cpu, process.WorkingSet64, GC.GetTotalMemory(false), memory.TotalAvailableMemoryBytes, disk?.TotalSize ?? 0, disk?.AvailableFreeSpace ?? 0,
            ThreadPool.ThreadCount, ThreadPool.PendingWorkItemCount, _time.GetUtcNow() - _started);
    }

    private static DriveInfo? DiskOf(string folder)
    {
        try
        {
            return new DriveInfo(folder);
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
