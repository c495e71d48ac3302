using System.Diagnostics;
using System.Text;

namespace Troupe.Server.Tests;

/// <summary>The real program, <c>troupe serve</c>, in a process of its own that can be killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const string ApiKey = "the-key-of-the-process-tests";

    private readonly Process _process;
    private readonly StringBuilder _output;

    private ServerProcess(Process process, StringBuilder output, string url)
    {
        _process = process;
        _output = output;
        Url = url;
    }

    public string Url { get; }

    public int Id => _process.Id;

    /// <summary>What the program has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts the program and waits until it says where it serves.</summary>
    /// <param name="settings">Environment variables; port 0 and <see cref="ApiKey"/> are set unless given.</param>
    public static async Task<ServerProcess> StartAsync(string folder, params (string Name, string Value)[] settings)
    {
        var (process, output) = Launch(folder, settings);
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            Add(output, line.Data);
            if (line.Data?.Split(' ').FirstOrDefault(w => w.StartsWith("http://", StringComparison.Ordinal)) is { } url)
            {
                said.TrySetResult(url);
            }
        };
        process.BeginOutputReadLine();
        var first = await Task.WhenAny(said.Task, process.WaitForExitAsync()).WaitAsync(Troupe.Tests.Limits.Wait);
        return first == said.Task
            ? new ServerProcess(process, output, await said.Task)
            : throw new InvalidOperationException($"The server ended with {process.ExitCode}: {output}");
    }

    /// <summary>Starts the program where it is expected to end by itself.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(string folder, params (string Name, string Value)[] settings)
    {
        var (process, output) = Launch(folder, settings);
        process.OutputDataReceived += (_, line) => Add(output, line.Data);
        process.BeginOutputReadLine();
        await process.WaitForExitAsync().WaitAsync(Troupe.Tests.Limits.Wait);
        process.WaitForExit();
        return (process.ExitCode, output.ToString());
    }

    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = new Uri(Url), Timeout = Troupe.Tests.Limits.Wait };
        client.DefaultRequestHeaders.Authorization = new("Bearer", ApiKey);
        return client;
    }

    /// <summary>SIGKILL, and wait until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Troupe.Tests.Limits.Wait);
    }

    /// <summary>SIGTERM, and wait for the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Troupe.Tests.Limits.Wait);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static void Add(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private static (Process Process, StringBuilder Output) Launch(string folder, (string Name, string Value)[] settings)
    {
        // The program's own build output lies beside the tests', because they reference it.
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "troupe.dll"), "serve"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["TROUPE_DATA"] = folder;
        start.Environment["TROUPE_PORT"] = "0";
        start.Environment["TROUPE_API_KEY"] = ApiKey;
        start.Environment["TROUPE_MODEL"] = "offline";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        process.ErrorDataReceived += (_, line) => Add(output, line.Data);
        process.Start();
        process.BeginErrorReadLine();
        return (process, output);
    }
}
