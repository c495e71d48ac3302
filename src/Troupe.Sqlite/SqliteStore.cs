using Microsoft.Data.Sqlite;
using Troupe.Storage;

namespace Troupe.Sqlite;

/// <summary>The default store: one SQLite file in a folder that one process at a time may hold. Thread-safe as <see cref="IStore"/> says.</summary>
public sealed class SqliteStore : IStore
{
    /// <summary>The name of the database in its folder.</summary>
    public const string FileName = "troupe.db";

    private readonly FileStream _lock;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;

    private SqliteStore(FileStream heldLock, SqliteWriter writer, SqliteReaders readers)
    {
        _lock = heldLock;
        _writer = writer;
        _readers = readers;
    }

    /// <summary>Opens the database of a folder, makes it when missing, and brings it to this version's schema.</summary>
    /// <exception cref="TroupeException">The folder is locked, read-only, full, newer or no database; the message says what to do.
    /// The data is as it was.</exception>
    public static SqliteStore Open(SqliteOptions options)
    {
        if (options.MaxReaders is < 1 or > 1000)
        {
            throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"MaxReaders is {options.MaxReaders}; it must be 1 to 1,000.");
        }

        SqliteLibrary.Bind();
        var path = Path.Combine(options.Folder, FileName);
        FileStream? heldLock = null;
        try
        {
            MakeFolder(options.Folder);
            heldLock = TakeLock(options.Folder);
            MakePrivate(path);
            var writer = new SqliteWriter(path, options.ReceiptAge);
            return new SqliteStore(heldLock, writer, new SqliteReaders(path, options.MaxReaders));
        }
        catch (Exception failure)
        {
            heldLock?.Dispose();
            throw Explain(failure, options.Folder);
        }
    }

    /// <summary>Whether a process holds the folder's database now.</summary>
    public static bool IsHeld(string folder)
    {
        if (!File.Exists(LockPath(folder)))
        {
            return false;
        }

        try
        {
            TakeLock(folder).Dispose();
            return false;
        }
        catch (TroupeException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public long NextNumber() => _writer.NextNumber();

    /// <inheritdoc/>
    public void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes) => _writer.Commit(operations, outcomes);

    /// <inheritdoc/>
    public ValueTask<StoredSession?> LoadSessionAsync(string id, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection =>
        {
            // One transaction, so that entries and turns are of the same moment.
            using var snapshot = connection.BeginTransaction(deferred: true);
            var session = ReadAll(connection, $"SELECT {SqliteRows.SessionColumns} FROM sessions WHERE id = $id", SqliteRows.ReadSession, ("$id", id));
            return session is not [var record] ? null : new StoredSession(
                record,
                ReadAll(connection, $"SELECT {SqliteRows.EntryColumns} FROM entries WHERE session_no = $no ORDER BY seq", SqliteRows.ReadEntry, ("$no", record.Number)),
                ReadAll(connection, $"SELECT {SqliteRows.TurnColumns} FROM turns WHERE session_no = $no ORDER BY no", SqliteRows.ReadTurn, ("$no", record.Number)));
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(
            connection,
            $"""
            SELECT {SqliteRows.SessionColumns} FROM sessions AS s
            WHERE ($owner IS NULL OR owner = $owner)
              AND ($archived OR NOT archived)
              AND ($before IS NULL OR (updated_at, no) < (SELECT updated_at, no FROM sessions WHERE id = $before))
              AND ($text IS NULL OR title LIKE $text ESCAPE '\'
                OR EXISTS (SELECT 1 FROM entries WHERE session_no = s.no AND body LIKE $text ESCAPE '\'))
            ORDER BY updated_at DESC, no DESC LIMIT $limit
            """,
            SqliteRows.ReadSession,
            ("$owner", query.Owner), ("$archived", query.Archived), ("$before", query.Before), ("$limit", query.Limit),
            ("$text", query.Text is { Length: > 0 } text ? $"%{Escape(text)}%" : null)),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeyRecord>> ReadKeysAsync(CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(connection, "SELECT body FROM keys ORDER BY id", row => SqliteRows.ReadKey(row.GetString(0))), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Receipt?> FindReceiptAsync(string owner, UInt128 key, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(
            connection,
            "SELECT owner, key, body_hash, made, at FROM receipts WHERE owner = $owner AND key = $key",
            SqliteRows.ReadReceipt,
            ("$owner", owner), ("$key", SqliteRows.Blob(key))).FirstOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // The writer last: whoever closes last checkpoints, and only the writer may.
        _readers.Dispose();
        _writer.Dispose();
        _lock.Dispose();
        return default;
    }

    private static IReadOnlyList<T> ReadAll<T>(
        SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static string Escape(string text) => text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_");

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string LockPath(string folder) => Path.Combine(folder, "troupe.lock");

    /// <summary>Before SQLite opens the file, because the log and its index take the file's mode when they are made.</summary>
    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!File.Exists(path))
        {
            new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner }).Dispose();
        }

        foreach (var file in new[] { path, $"{path}-wal", $"{path}-shm" }.Where(File.Exists))
        {
            File.SetUnixFileMode(file, Owner);
        }
    }

    private static FileStream TakeLock(string folder)
    {
        var path = LockPath(folder);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (SystemError.IsHeld(failure))
        {
            throw new TroupeException(
                ErrorKind.Setup, "store_locked", $"Another process holds '{folder}'. Stop it, or set TROUPE_DATA to another folder.");
        }
    }

    private static TroupeException Explain(Exception failure, string folder) => failure switch
    {
        TroupeException known => known,
        _ when failure is UnauthorizedAccessException || SystemError.IsReadOnly(failure) => new(
            ErrorKind.Setup, "store_read_only", $"'{folder}' cannot be written. Give this user the right to write there, or set TROUPE_DATA.", failure),
        SqliteFailure { Code: SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM } => new(
            ErrorKind.Setup, "store_read_only", $"The database in '{folder}' cannot be written. Give this user the right to write there, or set TROUPE_DATA.", failure),
        _ when failure is SqliteFailure { Code: SQLitePCL.raw.SQLITE_FULL } || SystemError.IsFull(failure) => new(
            ErrorKind.Setup, "store_full", $"The disk of '{folder}' is full. Free some space and start again.", failure),
        SqliteFailure { Code: SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT } => new(
            ErrorKind.Setup, "store_damaged", $"'{Path.Combine(folder, FileName)}' is not a whole database. Restore a backup, or move the file away to begin anew.", failure),
        SqliteFailure { Code: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED } => new(
            ErrorKind.Setup, "store_locked", $"Another program has the database in '{folder}' open for writing. Close it and start again.", failure),
        IOException => new(
            ErrorKind.Setup, "store_unusable", $"'{folder}' cannot be used as a data folder: {failure.Message}", failure),
        _ => new(ErrorKind.Setup, "store_unusable", $"The database in '{folder}' cannot be opened: {failure.Message}", failure),
    };
}
