using System.Diagnostics;
using System.Globalization;
using Troupe.Tests;

namespace Troupe.Server.Tests.Docs;

/// <summary>A shell that stays open, as a reader's does: what one command sets, the next one has.</summary>
internal sealed class GuideShell : IDisposable
{
    // It is told files, one a line, and answers with their exit codes. What it runs has neither its input nor its output, and may go on behind it.
    private const string Script = """
        exec 3<&0 0</dev/null 4>&1
        set -u -o pipefail
        while IFS= read -r __file <&3; do
          . "$__file" >"$__file.out" 2>&1 3<&- 4>&-
          echo $? >&4
        done
        """;

    private readonly Process _process;
    private readonly string _notes;
    private int _count;

    /// <param name="folder">Where it begins.</param>
    /// <param name="notes">A folder for what it is told and what it answers.</param>
    /// <param name="path">Where it looks for programs.</param>
    public GuideShell(string folder, string notes, string path)
    {
        _notes = notes;
        var start = Bash("-c", Script);
        start.WorkingDirectory = folder;

        // Settings of whoever runs the tests are no settings of the reader's.
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = folder;
        foreach (var name in new[] { "DOTNET_ROOT", "TMPDIR" })
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        _process = Process.Start(start)!;
    }

    /// <summary>Whether a text is one or more whole commands, as far as the shell can tell without running it.</summary>
    public static async Task<bool> IsWholeAsync(string text)
    {
        using var bash = Process.Start(Bash("-n"))!;
        await bash.StandardInput.WriteAsync(text);
        bash.StandardInput.Close();
        var complaint = await bash.StandardError.ReadToEndAsync(Limits.Token);
        await bash.WaitForExitAsync(Limits.Token);
        return complaint.Length == 0;
    }

    /// <summary>Runs a command to its end; no exit code says that the shell itself ended.</summary>
    public async Task<(int? ExitCode, string Output)> RunAsync(string command)
    {
        var file = Path.Combine(_notes, $"{++_count}.sh");
        await File.WriteAllTextAsync(file, command, Limits.Token);
        await _process.StandardInput.WriteLineAsync(file);
        await _process.StandardInput.FlushAsync(Limits.Token);
        var code = await _process.StandardOutput.ReadLineAsync(Limits.Token);
        var output = await File.ReadAllTextAsync($"{file}.out", Limits.Token);
        return (code is null ? null : int.Parse(code, CultureInfo.InvariantCulture), code is null ? output + await _process.StandardError.ReadToEndAsync(Limits.Token) : output);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static ProcessStartInfo Bash(params string[] arguments) => new("bash", ["--norc", .. arguments])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
