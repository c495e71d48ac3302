using System.Diagnostics;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

/// <summary>The real program, run with arguments to its end.</summary>
internal static class TroupeCommand
{
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(string folder, params string[] arguments) => RunAsync(folder, "", arguments);

    /// <param name="folder">The data folder.</param>
    /// <param name="input">What stands on standard input.</param>
    /// <param name="arguments">The command and what belongs to it.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string folder, string input, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "troupe.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment["TROUPE_DATA"] = folder;
        start.Environment["TROUPE_API_KEY"] = "";
        start.Environment["TROUPE_MODEL"] = "offline";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Limits.Token);
        var errors = process.StandardError.ReadToEndAsync(Limits.Token);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(Limits.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }
}
