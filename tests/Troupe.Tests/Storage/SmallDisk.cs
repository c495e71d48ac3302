namespace Troupe.Tests.Storage;

/// <summary>A small disk of one test, mounted on a folder. Mounting is a right of root, as whom the tests run where they must not be skipped.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _fillers = [];

    private SmallDisk()
    {
    }

    public string Path => _folder.Path;

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux mounts a disk in memory.");
        var disk = new SmallDisk();
        var (code, output) = await Machine.TryRunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path);
        if (code != 0)
        {
            disk._folder.Dispose();
            Assert.Skip($"This user may not mount a disk: {output}");
        }

        return disk;
    }

    public Task MakeReadOnlyAsync() => Machine.RunAsync("mount", "-o", "remount,ro", Path);

    /// <summary>Takes all the space that is left, to the last page.</summary>
    public void Fill()
    {
        var path = System.IO.Path.Combine(Path, $"filler{_fillers.Count}");
        _fillers.Add(path);
        using var filler = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(page);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free()
    {
        _fillers.ForEach(File.Delete);
        _fillers.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await Machine.RunAsync("umount", "--lazy", Path);
        _folder.Dispose();
    }
}
