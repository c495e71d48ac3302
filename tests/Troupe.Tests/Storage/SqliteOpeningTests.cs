using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Troupe.Sqlite;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

/// <summary>What a folder may be like when the store is opened, and that what cannot be opened stays as it was.</summary>
public sealed class SqliteOpeningTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string DatabasePath => Path.Combine(_folder.Path, SqliteStore.FileName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_is_made_with_its_parents()
    {
        var folder = Path.Combine(_folder.Path, "a", "b");

        await using var store = Open(folder);

        Assert.Null(Assert.Single(store.Write(Create(1))));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_reads_the_files()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        await using var store = Open();
        store.Write(Create(1), Append(1, Entry(1, "private")));
        await store.LoadAsync("s1");

        var files = Directory.GetFiles(_folder.Path, $"{SqliteStore.FileName}*");
        Assert.Equal(3, files.Length);
        Assert.All(files, OnlyOwner);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Files_that_others_could_read_are_the_owners_again()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        await (Open() as IStore).DisposeAsync();
        File.SetUnixFileMode(DatabasePath, (UnixFileMode)0b110_100_100);

        await using var store = Open();
        store.Write(Create(1));

        Assert.All(Directory.GetFiles(_folder.Path, $"{SqliteStore.FileName}*"), OnlyOwner);
    }

    [Fact]
    public async Task A_second_opening_is_refused_and_the_first_goes_on()
    {
        await using var first = Open();
        first.Write(Create(1));

        var refused = Assert.Throws<TroupeException>(() => Open());

        Assert.Equal((ErrorKind.Setup, "store_locked"), (refused.Kind, refused.Code));
        Assert.Null(Assert.Single(first.Write(Append(1, Entry(1)))));
        Assert.Single((await first.LoadAsync("s1"))!.Entries);
    }

    [Fact]
    public async Task Closing_makes_room_for_the_next()
    {
        for (var i = 1; i <= 3; i++)
        {
            await using var store = Open();
            Assert.Null(Assert.Single(store.Write(Create(i))));
            Assert.Equal(i, (await store.ListAsync(new SessionQuery())).Count);
        }
    }

    [Fact]
    public async Task Another_process_that_holds_the_folder_is_respected()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test needs the program flock.");
        await Open().DisposeAsync();
        using var other = Machine.Start("flock", Path.Combine(_folder.Path, "troupe.lock"), "sh", "-c", "echo held; cat");
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync(Limits.Token));

        Assert.Equal("store_locked", Assert.Throws<TroupeException>(() => Open()).Code);

        other.StandardInput.Close();
        await other.WaitForExitAsync(Limits.Token);
        await using var store = Open();
        Assert.Null(Assert.Single(store.Write(Create(1))));
    }

    [Fact]
    public async Task Another_process_finds_the_folder_held()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test needs the program flock.");
        await using var store = Open();

        Assert.Equal(1, (await Machine.TryRunAsync("flock", "--nonblock", Path.Combine(_folder.Path, "troupe.lock"), "true")).Code);
    }

    [Fact]
    public async Task A_newer_schema_is_refused_and_left_as_it_is()
    {
        await using (var store = Open())
        {
            store.Write(Create(1));
        }

        MakeNewer();
        var before = await File.ReadAllBytesAsync(DatabasePath, Limits.Token);

        var refused = Assert.Throws<TroupeException>(() => Open());

        Assert.Equal((ErrorKind.Setup, "store_newer"), (refused.Kind, refused.Code));
        Assert.Contains("9999", refused.Message, StringComparison.Ordinal);
        AssertNothingIsOpen();
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath, Limits.Token));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(5000)]
    public async Task What_is_no_database_is_refused_and_left_as_it_is(int size)
    {
        var garbage = Enumerable.Range(0, size).Select(i => (byte)((i % 251) + 1)).ToArray();
        await File.WriteAllBytesAsync(DatabasePath, garbage, Limits.Token);

        var refused = Assert.Throws<TroupeException>(() => Open());

        Assert.Equal((ErrorKind.Setup, "store_damaged"), (refused.Kind, refused.Code));
        AssertNothingIsOpen();
        Assert.Equal(garbage, await File.ReadAllBytesAsync(DatabasePath, Limits.Token));
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), f => f.EndsWith("-wal", StringComparison.Ordinal) || f.EndsWith("-journal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_empty_file_is_a_new_database()
    {
        await File.WriteAllBytesAsync(DatabasePath, [], Limits.Token);

        await using var store = Open();

        Assert.Null(Assert.Single(store.Write(Create(1))));
    }

    [Fact]
    public async Task A_disk_that_takes_no_writes_is_named()
    {
        await using var disk = await SmallDisk.MountAsync(2);
        await disk.MakeReadOnlyAsync();

        Assert.Equal("store_read_only", Assert.Throws<TroupeException>(() => Open(disk.Path)).Code);
        Assert.Equal("store_read_only", Assert.Throws<TroupeException>(() => Open(Path.Combine(disk.Path, "below"))).Code);
    }

    [Fact]
    public async Task A_disk_that_takes_no_writes_any_more_is_not_taken_for_a_locked_one()
    {
        await using var disk = await SmallDisk.MountAsync(2);
        await Open(disk.Path).DisposeAsync();
        await disk.MakeReadOnlyAsync();

        Assert.Equal("store_read_only", Assert.Throws<TroupeException>(() => Open(disk.Path)).Code);
    }

    [Fact]
    public async Task A_full_disk_is_named_and_a_later_opening_succeeds()
    {
        await using var disk = await SmallDisk.MountAsync(2);
        disk.Fill();

        Assert.Equal("store_full", Assert.Throws<TroupeException>(() => Open(disk.Path)).Code);

        disk.Free();
        await using var store = Open(disk.Path);
        Assert.Null(Assert.Single(store.Write(Create(1))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public void The_number_of_readers_has_a_range(int readers) => Assert.Equal(
        "option_out_of_range",
        Assert.Throws<TroupeException>(() => SqliteStore.Open(new SqliteOptions { Folder = _folder.Path, MaxReaders = readers })).Code);

    [Fact]
    public async Task One_reader_serves_all_in_turn()
    {
        await using var store = SqliteStore.Open(new SqliteOptions { Folder = _folder.Path, MaxReaders = 1 });
        store.Write(Create(1));

        var loaded = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => store.LoadAsync("s1")))).Soon();

        Assert.All(loaded, Assert.NotNull);
    }

    private SqliteStore Open(string? folder = null) => SqliteStore.Open(new SqliteOptions { Folder = folder ?? _folder.Path });

    private void MakeNewer()
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO schema_version (version) VALUES (9999)";
        command.ExecuteNonQuery();
    }

    [UnsupportedOSPlatform("windows")]
    private static void OnlyOwner(string file) => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

    /// <summary>Nothing of the process holds a file of the database.</summary>
    private void AssertNothingIsOpen()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(OpenFiles.Of(_folder.Path), f => f.Path.Contains(SqliteStore.FileName, StringComparison.Ordinal));
        }
    }
}
