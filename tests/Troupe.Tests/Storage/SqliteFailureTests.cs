using System.Collections;
using System.Runtime.InteropServices;
using Troupe.Sqlite;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

/// <summary>Disks that are full and disks that fail.</summary>
public sealed class SqliteFailureTests
{
    [Fact]
    public async Task A_full_disk_refuses_writes_keeps_reading_and_recovers()
    {
        await using var disk = await SmallDisk.MountAsync(3);
        await using var store = Open(disk.Path);
        store.Write(Create(1), Append(1, Entry(1, "before")));
        disk.Fill();

        var (written, full) = FillUp(store, firstSeq: 2);

        Assert.Equal((ErrorKind.Unavailable, "store_full"), (full.Kind, full.Code));
        Assert.NotNull(full.RetryAfter);
        Assert.Equal(written, (await store.LoadAsync("s1"))!.Entries.Count);
        Assert.Equal(["s1"], await store.ListAsync(new SessionQuery { Text = "before" }));
        Assert.Equal("store_full", Assert.Throws<TroupeException>(() => store.Write(Create(2), Append(1, Entry(written + 1, Large)))).Code);
        Assert.Null(await store.LoadAsync("s2"));

        disk.Free();
        Assert.All(store.Write(Create(2), Append(1, Entry(written + 1, Large))), Assert.Null);
        Assert.Equal(written + 1, (await store.LoadAsync("s1"))!.Entries.Count);
        await store.DisposeAsync();
        await using var reopened = Open(disk.Path);
        Assert.Equal(written + 1, (await reopened.LoadAsync("s1"))!.Entries.Count);
    }

    [Fact]
    public async Task A_reservation_that_was_rolled_back_does_not_let_numbers_repeat()
    {
        await using var disk = await SmallDisk.MountAsync(3);
        await using var store = Open(disk.Path);
        store.Write(Create(1));
        disk.Fill();
        var (written, _) = FillUp(store, firstSeq: 1);

        // Beyond the half of a block, where a commit reserves the next one, and this commit fails.
        Take(store, 600_000);
        Assert.Throws<TroupeException>(() => store.Write(Append(1, Entry(written + 1, Large))));
        disk.Free();

        // Beyond what is reserved on the disk, and short of the half of what the failed commit would have reserved.
        var last = Take(store, 500_000);
        Assert.All(store.Write(Create(last, "last")), Assert.Null);
        await store.DisposeAsync();

        await using var reopened = Open(disk.Path);
        Assert.True(reopened.NextNumber() > last, "A number came again.");
    }

    [Fact]
    public async Task An_operation_that_throws_halfway_leaves_nothing_for_the_next_of_its_kind()
    {
        using var folder = new TempFolder();
        await using var store = Open(folder.Path);
        var throwing = Key("k1") with { Scopes = new ThrowingList() };

        Assert.NotNull(Assert.Single(store.Write(new StoreOperation.PutKey(throwing))));

        Assert.Null(Assert.Single(store.Write(new StoreOperation.PutKey(Key("k2")))));
        Assert.Equal("k2", Assert.Single(await store.ReadKeysAsync(Limits.Token)).Id);
    }

    [Fact]
    public async Task An_error_of_the_disk_while_committing_faults_the_journal()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The descriptors of a process are known on Linux only.");
        using var folder = new TempFolder();
        await using var store = Open(folder.Path);
        var journal = new Journal(store, time: new ManualTime());
        await journal.WriteAsync(Create(1)).Soon();
        using var room = await journal.ReserveAsync(100);
        var deferred = new TaskCompletionSource<Exception?>();
        journal.Append(Append(1, Entry(1)), new SessionFence(), room, deferred: true, deferred.SetResult);

        BreakLog(folder.Path);
        var failure = await Assert.ThrowsAsync<StoreFaultedException>(() => journal.WriteAsync(Create(2)).Soon());

        Assert.Equal("store_faulted", failure.Code);
        Assert.IsType<StoreFaultedException>(await journal.Faulted.Soon());
        Assert.IsType<StoreFaultedException>(await deferred.Task.Soon());
        await Assert.ThrowsAsync<StoreFaultedException>(() => journal.WriteAsync(Create(3)).Soon());
        await Assert.ThrowsAsync<StoreFaultedException>(async () => await journal.ReserveAsync(1));
        await journal.DisposeAsync().AsTask().Soon();
        await store.DisposeAsync();

        await using var reopened = Open(folder.Path);
        Assert.NotNull(await reopened.LoadAsync("s1"));
        Assert.Null(await reopened.LoadAsync("s3"));
    }

    private static string Large { get; } = new('x', 200_000);

    private static SqliteStore Open(string folder) => SqliteStore.Open(new SqliteOptions { Folder = folder });

    /// <summary>Appends to session 1 until the disk is full; the newest seq and the refusal.</summary>
    private static (int Written, TroupeException Full) FillUp(SqliteStore store, int firstSeq)
    {
        for (var seq = firstSeq; seq < 1000; seq++)
        {
            try
            {
                Assert.All(store.Write(Append(1, Entry(seq, Large))), Assert.Null);
            }
            catch (TroupeException full)
            {
                return (seq - 1, full);
            }
        }

        throw new InvalidOperationException("The disk never became full.");
    }

    private static long Take(SqliteStore store, int count)
    {
        long last = 0;
        for (var i = 0; i < count; i++)
        {
            last = store.NextNumber();
        }

        return last;
    }

    /// <summary>From here on the system refuses every write to the write-ahead log, as a failing disk does: its descriptor is replaced by one
    /// that may only read.</summary>
    private static void BreakLog(string folder)
    {
        var log = Path.Combine(folder, $"{SqliteStore.FileName}-wal");
        using var readOnly = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var source = (int)readOnly.SafeFileHandle.DangerousGetHandle();
        foreach (var (descriptor, _) in OpenFiles.Of(folder).Where(f => f.Path == log && f.Descriptor != source))
        {
            Assert.Equal(descriptor, Duplicate(source, descriptor));
        }
    }

    [DllImport("libc", EntryPoint = "dup2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int source, int target);

    private sealed class ThrowingList : IReadOnlyList<string>
    {
        public int Count => throw new NotSupportedException();

        public string this[int index] => throw new NotSupportedException();

        public IEnumerator<string> GetEnumerator() => throw new NotSupportedException();

        IEnumerator IEnumerable.GetEnumerator() => throw new NotSupportedException();
    }
}
