using System.Diagnostics;
using System.Text;

namespace Troupe.Server.Tests;

/// <summary>The real program, <c>troupe serve</c>, in a process of its own that can be killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const string ApiKey = "the-key-of-the-process-tests";

    private readonly Process _process;
    private readonly StringBuilder _output;
    private readonly StringBuilder _errors;

    private ServerProcess(Process process, StringBuilder output, StringBuilder errors, string url)
    {
        _process = process;
        _output = output;
        _errors = errors;
        Url = url;
    }

    public string Url { get; }

    public int Id => _process.Id;

    /// <summary>What the program has written to its standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>What the program has written to its standard error so far.</summary>
    public string Errors => Read(_errors);

    /// <summary>Starts the program and waits until it says where it serves.</summary>
    /// <param name="folder">The data folder, and where the program runs, so that a <c>.env</c> in it is read.</param>
    /// <param name="settings">Environment variables; port 0 and <see cref="ApiKey"/> are set unless given.</param>
    public static async Task<ServerProcess> StartAsync(string folder, params (string Name, string Value)[] settings)
    {
        var (process, output, errors) = Launch(folder, settings);
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
            ? new ServerProcess(process, output, errors, await said.Task)
            : throw new InvalidOperationException($"The server ended with {process.ExitCode}: {Read(output)} {Read(errors)}");
    }

    /// <summary>Starts the program where it is expected to end by itself.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunToEndAsync(string folder, params (string Name, string Value)[] settings)
    {
        var (started, output, errors) = Launch(folder, settings);
        using var process = started;
        process.OutputDataReceived += (_, line) => Add(output, line.Data);
        process.BeginOutputReadLine();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Troupe.Tests.Limits.Wait);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        process.WaitForExit();
        return (process.ExitCode, Read(output), Read(errors));
    }

    /// <summary>A client with a token; with <see cref="ApiKey"/> unless given.</summary>
    public HttpClient Client(string token = ApiKey)
    {
        var client = new HttpClient { BaseAddress = new Uri(Url), Timeout = Troupe.Tests.Limits.Wait };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    /// <summary>Waits until the program has written a text to its standard output so many times.</summary>
    public async Task SaidAsync(string text, int count = 1)
    {
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += Look;
        Look(this, null);
        await said.Task.WaitAsync(Troupe.Tests.Limits.Wait);
        _process.OutputDataReceived -= Look;

        void Look(object sender, DataReceivedEventArgs? line)
        {
            if (Output.Split(text).Length > count)
            {
                said.TrySetResult();
            }
        }
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
        await SignalAsync();
        await _process.WaitForExitAsync().WaitAsync(Troupe.Tests.Limits.Wait);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, without waiting for the end.</summary>
    public async Task SignalAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync().WaitAsync(Troupe.Tests.Limits.Wait);
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
        // The end of a stream is announced as null.
        lock (output)
        {
            _ = line is null ? output : output.AppendLine(line);
        }
    }

    private static string Read(StringBuilder lines)
    {
        lock (lines)
        {
            return lines.ToString();
        }
    }

    private static (Process Process, StringBuilder Output, StringBuilder Errors) Launch(string folder, (string Name, string Value)[] settings)
    {
        // The program's own build output lies beside the tests', because they reference it.
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "troupe.dll"), "serve"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory.Exists(folder) ? folder : Path.GetTempPath(),
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
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => Add(errors, line.Data);
        process.Start();
        process.BeginErrorReadLine();
        return (process, output, errors);
    }
}
