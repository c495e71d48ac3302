namespace Troupe.Tests;

/// <summary>Where the sources lie.</summary>
internal static class House
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Troupe.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The repository's root is not above the tests.");
        }

        return folder.FullName;
    }
}
