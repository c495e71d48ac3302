namespace Troupe.Cli.Commands;

/// <summary>Writes a file as a whole or not at all: beside its place, synced, then renamed.</summary>
internal static class WholeFile
{
    /// <summary>From here on only its owner reads it.</summary>
    public static void MakePrivate(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        try
        {
            await WriteBesideAsync(path, write);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new Link.CommandFailure(ExitCodes.Setup, $"'{path}' cannot be written: {failure.Message}");
        }
    }

    private static async Task WriteBesideAsync(string path, Func<Stream, Task> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
