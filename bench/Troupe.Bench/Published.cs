using System.Diagnostics;

namespace Troupe.Bench;

/// <summary>The programs as they are deployed: framework-dependent, compiled ahead.</summary>
internal static class Published
{
    private static string? _folder;

    public static string Root { get; } = FindRoot();

    public static string TroupeFolder => Path.Combine(Folder, "troupe");

    public static string Troupe => Path.Combine(TroupeFolder, "troupe");

    public static string Bench => Path.Combine(Folder, "bench", "Troupe.Bench");

    private static string Folder => _folder ??= Publish();

    private static string Publish()
    {
        var folder = Path.Combine(Root, "artifacts", "bench-published");
        Publish("src/Troupe.Cli/Troupe.Cli.csproj", Path.Combine(folder, "troupe"));
        Publish("bench/Troupe.Bench/Troupe.Bench.csproj", Path.Combine(folder, "bench"));
        return folder;
    }

    private static void Publish(string project, string to)
    {
        Console.WriteLine($"Publishing {project} ...");
        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: true);
        }

        using var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", project, "-c", "Release", "-p:PublishAhead=true", "-o", to, "-v", "quiet"])
        {
            UseShellExecute = false,
            WorkingDirectory = Root,
        })!;
        publish.WaitForExit();
        if (publish.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{project}' could not be published.");
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Troupe.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root is not above the program.");
        }

        return folder.FullName;
    }
}
