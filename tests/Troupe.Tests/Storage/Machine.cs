using System.ComponentModel;
using System.Diagnostics;

namespace Troupe.Tests.Storage;

/// <summary>Programs of the operating system that a test needs beside itself.</summary>
internal static class Machine
{
    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int Code, string Output)> TryRunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(Limits.Token);
        var output = await process.StandardOutput.ReadToEndAsync(Limits.Token);
        await process.WaitForExitAsync(Limits.Token);
        return (process.ExitCode, output + await errors);
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output) = await TryRunAsync(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}: {output}");
        return output;
    }

    /// <summary>Starts a program whose input, output and errors are the test's.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException($"The program {program} is missing.", missing);
        }
    }
}
