using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using ModelContextProtocol.Client;

namespace Troupe.Models.Mcp;

/// <summary>The process of a server that speaks over its standard streams. It has a group of its own where the system can do that: Ctrl-C for
/// this process does not reach it in the middle of a turn, and its children end with it.</summary>
internal sealed class McpProcess : IAsyncDisposable
{
    private const int TailLength = 2000;
    private const int Sigkill = 9;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly string? GroupStarter = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    private readonly Process _process;
    private readonly int _id;
    private readonly StringBuilder _tail = new();
    private readonly TimeProvider _time;

    private McpProcess(Process process, TimeProvider time)
    {
        _process = process;
        _time = time;
        _id = process.Id;
        _ = ReadErrorsAsync();
        Exited = EndGroupAsync();
    }

    /// <summary>Completes when the process has ended; its children are ended then, too.</summary>
    public Task Exited { get; }

    /// <summary>What it reads.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>What it writes.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>The end of what it wrote to its standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_tail)
            {
                return _tail.ToString();
            }
        }
    }

    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public static McpProcess Start(McpServerOptions options, TimeProvider time)
    {
        var start = GroupStarter is null
            ? new ProcessStartInfo(options.Command!, options.Arguments)
            : new ProcessStartInfo(GroupStarter, [options.Command!, .. options.Arguments]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.CreateNoWindow = true;
        start.WorkingDirectory = options.WorkingDirectory ?? "";
        start.Environment.Clear();
        foreach (var (name, value) in StdioClientTransportOptions.GetDefaultEnvironmentVariables())
        {
            start.Environment[name] = value;
        }

        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        return new McpProcess(Process.Start(start)!, time);
    }

    /// <summary>Ends it: by the end of its input, as the protocol has it, and by force when it does not heed that.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It no longer reads; what was still to be written is lost with it.
        }

        if (!await EndsWithinAsync(Grace))
        {
            Kill();
            await EndsWithinAsync(Grace);
        }

        _process.Dispose();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        await Task.WhenAny(Exited, Task.Delay(time, _time));
        return Exited.IsCompleted;
    }

    private async Task EndGroupAsync()
    {
        await _process.WaitForExitAsync();
        Kill();
    }

    private void Kill()
    {
        try
        {
            if (GroupStarter is not null)
            {
                _ = kill(-_id, Sigkill);
            }
            else if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended meanwhile.
        }
    }

    private async Task ReadErrorsAsync()
    {
        var buffer = new char[1024];
        try
        {
            while (await _process.StandardError.ReadAsync(buffer) is > 0 and var read)
            {
                lock (_tail)
                {
                    _tail.Append(buffer, 0, read);
                    _tail.Remove(0, Math.Max(0, _tail.Length - TailLength));
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The process and its streams are gone.
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int kill(int process, int signal);
}
