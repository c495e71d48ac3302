using System.Buffers;
using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Troupe.Cli.Link;

namespace Troupe.Cli.Profiling;

/// <summary>Records what the threads of a process of this machine do, through the runtime's own diagnostics: about a thousand samples a second.
/// The process is not changed, and goes on when this one is killed.</summary>
internal sealed class CpuTrace(int processId, TimeProvider time)
{
    /// <summary>The largest file that is written.</summary>
    public const long MaxBytes = 256L << 20;

    private const string Sampler = "Microsoft-DotNETCore-SampleProfiler";
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";

    // Loader, just-in-time compiler and precompiled code: what it takes to give addresses their names.
    private const long NamingKeywords = 0x8 | 0x10 | 0x20;
    private const int BufferMegabytes = 64;

    // At its end the process tells the names of all its methods.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Records into a file, for a time or until the file is full.</summary>
    /// <returns>How long it recorded.</returns>
    /// <exception cref="CommandFailure">The process cannot be recorded.</exception>
    public async Task<TimeSpan> RecordAsync(string path, TimeSpan duration, CancellationToken cancellationToken)
    {
        try
        {
            var client = new DiagnosticsClient(processId);
            using var session = await client.StartEventPipeSessionAsync(
                [new EventPipeProvider(Sampler, EventLevel.Informational), new EventPipeProvider(Runtime, EventLevel.Informational, NamingKeywords)],
                requestRundown: true, BufferMegabytes, cancellationToken);
            return await CopyAsync(session, path, duration, cancellationToken);
        }
        catch (Exception failure) when (failure is DiagnosticsClientException or TimeoutException or IOException or EndOfStreamException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                ExitCodes.Unreachable,
                $"Process {processId} cannot be profiled: {failure.Message} It must run on this machine, for the same user, with the same TMPDIR and without DOTNET_EnableDiagnostics=0.");
        }
    }

    private async Task<TimeSpan> CopyAsync(EventPipeSession session, string path, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource();
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        var full = new TaskCompletionSource();
        var started = time.GetTimestamp();
        var copy = Task.Run(() => CopyAsync(session.EventStream, file, full, late.Token), CancellationToken.None);
        try
        {
            await Task.WhenAny(Task.Delay(duration, time, cancellationToken), full.Task, copy);
            var recorded = time.GetElapsedTime(started);
            cancellationToken.ThrowIfCancellationRequested();
            late.CancelAfter(EndTimeout);
            await session.StopAsync(late.Token);
            await copy.WaitAsync(EndTimeout, time, cancellationToken);
            return recorded;
        }
        finally
        {
            // The copy must not write into a file that is closed under it.
            await late.CancelAsync();
            session.Dispose();
            await copy.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Beyond the bound it goes on reading, so that the process can end what it says, but writes nothing.</summary>
    private static async Task CopyAsync(Stream from, FileStream to, TaskCompletionSource full, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            long written = 0;
            for (int read; (read = await from.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                if (written > MaxBytes / 2)
                {
                    // The names, which come at the end, need room too.
                    full.TrySetResult();
                }

                if (written + read <= MaxBytes)
                {
                    await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    written += read;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
