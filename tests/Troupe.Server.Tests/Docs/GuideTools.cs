using Troupe.Tests;

namespace Troupe.Server.Tests.Docs;

/// <summary>A folder of programs that stand in front of a reader's <c>PATH</c>.</summary>
internal sealed class GuideTools : IDisposable
{
    private readonly TempFolder _folder = new();

    public GuideTools()
    {
        // The program under test, as ./run or a published folder has it.
        Add("troupe", $"""exec dotnet '{Path.Combine(AppContext.BaseDirectory, "troupe.dll")}' "$@" """);

        // By itself curl is content with any answer, a refusal too.
        Add("curl", $"""exec '{Find("curl")}' --fail-with-body "$@" """);

        // What the tests' clients have installed, so that no network is needed.
        var packages = Path.Combine(House.Root, "tests", "clients", "node_modules");
        Add("npx", $"""
            [ "$1" = -y ] && shift
            package=$1
            shift
            [ "$package" = @modelcontextprotocol/server-everything ] || exit 127
            exec node '{packages}/@modelcontextprotocol/server-everything/dist/index.js' "$@"
            """);
    }

    /// <summary>The reader's <c>PATH</c>.</summary>
    public string SearchPath => $"{_folder.Path}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";

    public void Dispose() => _folder.Dispose();

    private static string Find(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"'{program}', which the guides use, is not on the PATH.");

    private void Add(string name, string script)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
