using Microsoft.Data.Sqlite;
using Troupe.Sqlite;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

/// <summary>Deleted words are gone from the bytes of the files, not only from the answers.</summary>
public sealed class SqliteDeletionTests : IAsyncDisposable
{
    private const string Word = "Zwetschgenkuchen";

    private readonly TempFolder _folder = new();
    private SqliteStore _store;

    public SqliteDeletionTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The bytes of an open database are read by another program.");
        _store = Open(_folder.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_deleted_session_leaves_no_word_in_the_files()
    {
        _store.Write(
            new StoreOperation.CreateSession(Session(1, $"id-{Word}", title: $"title {Word}")),
            NewTurn(1, Turn(5) with { Input = $"input {Word}" }, Entry(1, $"short {Word}"), Entry(2, $"{new string('x', 20_000)}{Word}") with { Data = $$"""{"a":"{{Word}}"}""" }),
            new StoreOperation.PutReceipt(Receipt(1, made: $"id-{Word}")));
        Assert.NotEqual(0, await CountAsync());

        _store.Write(new StoreOperation.DeleteSession(1));

        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task An_erased_entry_leaves_no_word_in_the_files()
    {
        _store.Write(Create(1), NewTurn(1, Turn(5), Entry(1, "stays"), Entry(2, Word), Entry(3, $"{new string('x', 20_000)}{Word}") with { Data = $$"""{"a":"{{Word}}"}""" }, Entry(4, $"short {Word}")));
        Assert.NotEqual(0, await CountAsync());

        _store.Write(new StoreOperation.EraseEntries(1, [2, 3, 4]), Append(1, Entry(5, "new")));

        Assert.Equal(0, await CountAsync());
        Assert.Equal(["stays", "", "", "", "new"], (await _store.LoadAsync("s1"))!.Entries.Select(e => e.Text));
    }

    [Fact]
    public async Task A_reader_in_the_way_delays_the_end_of_the_words_to_the_next_commit()
    {
        _store.Write(Create(1), Append(1, Entry(1, Word)));
        await using (var reader = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, SqliteStore.FileName)};Pooling=False"))
        {
            await reader.OpenAsync(Limits.Token);
            await using var snapshot = reader.BeginTransaction(deferred: true);
            await using var read = reader.CreateCommand();
            read.CommandText = "SELECT count(*) FROM entries";
            Assert.Equal(1L, await read.ExecuteScalarAsync(Limits.Token));

            Assert.Null(Assert.Single(_store.Write(new StoreOperation.DeleteSession(1))));
            Assert.Null(await _store.LoadAsync("s1"));
        }

        _store.Write(Create(2));

        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_process_that_died_after_a_deletion_leaves_no_word_to_the_next()
    {
        using var copy = new TempFolder();
        _store.Write(Create(1), Append(1, Entry(1, Word)));
        await using (var reader = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, SqliteStore.FileName)};Pooling=False"))
        {
            await reader.OpenAsync(Limits.Token);
            await using var snapshot = reader.BeginTransaction(deferred: true);
            await using var read = reader.CreateCommand();
            read.CommandText = "SELECT count(*) FROM entries";
            await read.ExecuteScalarAsync(Limits.Token);
            _store.Write(new StoreOperation.DeleteSession(1));

            // What a crash at this moment leaves on the disk.
            await Machine.RunAsync("cp", Files(_folder.Path).Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)).Append(copy.Path).ToArray());
        }

        Assert.NotEqual(0, await CountAsync(copy.Path));
        await using var next = Open(copy.Path);

        Assert.Equal(0, await CountAsync(copy.Path));
    }

    private static SqliteStore Open(string folder) => SqliteStore.Open(new SqliteOptions { Folder = folder });

    private static string[] Files(string folder) => [.. Directory.GetFiles(folder, $"{SqliteStore.FileName}*")];

    /// <summary>How many lines of the files hold the word. Another program reads them, because closing the database file as a plain file would
    /// drop the locks that SQLite holds on it in this process.</summary>
    private async Task<int> CountAsync(string? folder = null)
    {
        var (_, output) = await Machine.TryRunAsync("grep", ["--text", "--count", "--no-filename", "--fixed-strings", Word, .. Files(folder ?? _folder.Path)]);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture));
    }
}
