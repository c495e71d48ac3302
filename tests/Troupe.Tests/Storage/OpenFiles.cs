using System.Globalization;

namespace Troupe.Tests.Storage;

/// <summary>The files that this process holds, as Linux tells.</summary>
internal static class OpenFiles
{
    public static List<(int Descriptor, string Path)> Of(string folder) =>
    [
        .. Directory.GetFiles("/proc/self/fd")
            .Select(f => (Descriptor: int.Parse(Path.GetFileName(f), CultureInfo.InvariantCulture), Path: Target(f)))
            .Where(f => f.Path.StartsWith(folder, StringComparison.Ordinal)),
    ];

    private static string Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? "";
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return "";
        }
    }
}
