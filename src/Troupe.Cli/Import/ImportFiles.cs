namespace Troupe.Cli.Import;

/// <summary>Finds the files to import: those that are named, and in folders those that are called like JSON.</summary>
internal static class ImportFiles
{
    private static readonly string[] Endings = [".json", ".jsonl", ".ndjson"];

    /// <param name="paths">Files and folders.</param>
    /// <param name="refused">Receives paths that cannot be read, and why.</param>
    /// <returns>Each file once, with its size, those of a folder in the order of their names.</returns>
    public static List<(string Path, long SizeBytes)> Find(IEnumerable<string> paths, List<FileSummary> refused)
    {
        var files = new List<(string Path, long SizeBytes)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            try
            {
                var found = Directory.Exists(path) ? FilesOf(path) : [path];
                if (found.Length == 0)
                {
                    Refuse(path, "There are no files in this folder whose names end in .json, .jsonl or .ndjson. Name the files themselves, whatever they are called.");
                }

                files.AddRange(found.Where(f => seen.Add(Path.GetFullPath(f))).Select(f => (f, new FileInfo(f) is { Exists: true } info ? info.Length : 0)));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
            {
                Refuse(path, $"It cannot be read: {failure.Message}");
            }
        }

        return files;

        void Refuse(string path, string reason) => refused.Add(new FileSummary { Path = path, Refused = { new RefusedPlace("the folder", reason) } });
    }

    private static string[] FilesOf(string folder)
    {
        // Links to folders are not followed: they may go in a circle.
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        var found = Directory.EnumerateFiles(folder, "*", options).Where(f => Endings.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
            .Where(f => !Path.GetFileName(f).StartsWith(ImportRun.SummaryPrefix, StringComparison.Ordinal)).ToArray();
        Array.Sort(found, StringComparer.Ordinal);
        return found;
    }
}
