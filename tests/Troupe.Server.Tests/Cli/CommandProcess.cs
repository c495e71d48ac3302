using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

/// <summary>The real program with a command, in a process of its own that ends by itself or is ended.</summary>
internal sealed class CommandProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private CommandProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync(Limits.Token);
        _errors = process.StandardError.ReadToEndAsync(Limits.Token);
    }

    /// <summary>Starts a command.</summary>
    /// <param name="folder">Where it runs; the data folder is <c>data</c> in it.</param>
    /// <param name="arguments">The command.</param>
    public static CommandProcess Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "troupe.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = folder,
        };
        start.Environment["TROUPE_DATA"] = Path.Combine(folder, "data");
        start.Environment["TROUPE_MODEL"] = "fixed";
        start.Environment.Remove("TROUPE_API_KEY");
        return new CommandProcess(Process.Start(start)!);
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<CommandResult> RunAsync(string folder, params string[] arguments)
    {
        using var command = Start(folder, arguments);
        return await command.EndAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<CommandResult> EndAsync()
    {
        await _process.WaitForExitAsync(Limits.Token);
        return new CommandResult(_process.ExitCode, await _output.Soon(), await _errors.Soon());
    }

    /// <summary>SIGKILL, and wait until it is gone.</summary>
    public Task<CommandResult> KillAsync()
    {
        _process.Kill();
        return EndAsync();
    }

    /// <summary>SIGINT, as Ctrl-C sends it, and wait for the end.</summary>
    public async Task<CommandResult> InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync(Limits.Token);
        return await EndAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>How a command ended.</summary>
    internal sealed record CommandResult(int ExitCode, string Output, string Errors)
    {
        /// <summary>Expects an exit code, and returns the JSON of the output.</summary>
        public JsonElement Json(int exitCode = 0)
        {
            Assert.True(exitCode == ExitCode, $"exit code {ExitCode}: {Output} {Errors}");
            return JsonElement.Parse(Output);
        }
    }
}
