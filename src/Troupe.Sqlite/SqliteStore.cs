using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Troupe.Storage;

namespace Troupe.Sqlite;

/// <summary>The default store: one SQLite file in a folder that one process at a time may hold. Thread-safe as <see cref="IStore"/> says.</summary>
public sealed class SqliteStore : IStore
{
    /// <summary>The name of the database in its folder.</summary>
    public const string FileName = "troupe.db";

    private const string BodyHasForm = @"(body LIKE $form1 ESCAPE '\' OR body LIKE $form2 ESCAPE '\' OR body LIKE $form3 ESCAPE '\' OR body LIKE $form4 ESCAPE '\')";

    private const string Listed = $"""
        ($archived OR NOT archived)
          AND ($before IS NULL OR (updated_at, no) < (SELECT updated_at, no FROM sessions WHERE id = $before))
          AND ($form1 IS NULL
            OR title LIKE $form1 ESCAPE '\' OR title LIKE $form2 ESCAPE '\' OR title LIKE $form3 ESCAPE '\' OR title LIKE $form4 ESCAPE '\'
            OR EXISTS (SELECT 1 FROM entries WHERE session_no = s.no AND {BodyHasForm}))
        ORDER BY updated_at DESC, no DESC LIMIT $limit
        """;

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
    public ValueTask<SessionOutline?> OutlineAsync(string id, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection =>
        {
            using var snapshot = connection.BeginTransaction(deferred: true);
            return ReadAll(connection, $"SELECT {SqliteRows.SessionColumns} FROM sessions WHERE id = $id", SqliteRows.ReadSession, ("$id", id)) is not [var record] ? null
                : ReadAll(
                    connection,
                    """
                    SELECT (SELECT COALESCE(MAX(seq), 0) FROM entries WHERE session_no = $no), COUNT(*),
                        COALESCE(MAX(CASE WHEN state IN ($completed, $cancelled) THEN CASE WHEN reply_seq > 0 THEN reply_seq ELSE user_seq END END), 0),
                        COALESCE(MAX(state IN ($queued, $running, $waiting)), 0)
                    FROM turns WHERE session_no = $no
                    """,
                    row => new SessionOutline(record, row.GetInt32(0), row.GetInt64(1) > 0, row.GetInt32(2), row.GetInt64(3) != 0),
                    ("$no", record.Number), ("$completed", (int)TurnState.Completed), ("$cancelled", (int)TurnState.Cancelled),
                    ("$queued", (int)TurnState.Queued), ("$running", (int)TurnState.Running), ("$waiting", (int)TurnState.Waiting)).Single();
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Entry>> ReadEntriesAsync(long session, int after, int limit, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(
            connection, $"SELECT {SqliteRows.EntryColumns} FROM entries WHERE session_no = $no AND seq > $after ORDER BY seq LIMIT $limit", SqliteRows.ReadEntry,
            ("$no", session), ("$after", after), ("$limit", limit)),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection =>
        {
            var forms = FormsOf(query.Text is { Length: > 0 } text ? new SearchPhrase(text) : null);
            ReadOnlySpan<(string Name, object? Value)> parameters =
            [
                ("$owner", query.Owner), ("$archived", query.Archived), ("$before", query.Before), ("$limit", query.Limit),
                ("$form1", forms[0]), ("$form2", forms[1]), ("$form3", forms[2]), ("$form4", forms[3]),
            ];

            // With the owner alone in its condition, the first is read by its index: newest use first, and no further than to the limit.
            using var left = InterruptFor(connection, cancellationToken);
            return query.Owner is null
                ? ReadAll(connection, $"SELECT {SqliteRows.SessionColumns} FROM sessions AS s WHERE {Listed}", SqliteRows.ReadSession, parameters)
                : ReadAll(connection, $"SELECT {SqliteRows.SessionColumns} FROM sessions AS s WHERE owner = $owner AND {Listed}", SqliteRows.ReadSession, parameters);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FoundEntry>> FindEntriesAsync(IReadOnlyList<long> sessions, SearchPhrase phrase, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection =>
        {
            var forms = FormsOf(phrase);
            using var left = InterruptFor(connection, cancellationToken);
            var found = new List<FoundEntry>();
            foreach (var number in sessions)
            {
                ReadOnlySpan<(string Name, object? Value)> parameters =
                [
                    ("$no", number), ("$user", (int)EntryRole.User), ("$assistant", (int)EntryRole.Assistant),
                    ("$form1", forms[0]), ("$form2", forms[1]), ("$form3", forms[2]), ("$form4", forms[3]),
                ];
                var first = ReadAll(
                    connection, $"SELECT seq, body FROM entries WHERE session_no = $no AND role IN ($user, $assistant) AND {BodyHasForm} ORDER BY seq LIMIT 1", Read, parameters);
                found.AddRange(first.Count > 0 ? first : ReadAll(
                    connection, $"SELECT seq, body FROM entries WHERE session_no = $no AND role NOT IN ($user, $assistant) AND {BodyHasForm} ORDER BY seq LIMIT 1", Read, parameters));

                FoundEntry Read(SqliteDataReader row) => new(number, row.GetInt32(0), phrase.Excerpt(row.GetString(1)));
            }

            return (IReadOnlyList<FoundEntry>)found;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(long Tokens, long CostMicros)> SpentAsync(string owner, string? agent, DateTimeOffset since, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(
            connection,
            """
            SELECT COALESCE(SUM(t.input_tokens + t.output_tokens), 0), COALESCE(SUM(t.cost), 0)
            FROM sessions AS s JOIN turns AS t ON t.session_no = s.no
            WHERE s.owner = $owner AND s.updated_at >= $since - 60000 AND ($agent IS NULL OR s.agent = $agent) AND t.at >= $since
            """,
            static row => (row.GetInt64(0), row.GetInt64(1)), ("$owner", owner), ("$agent", agent), ("$since", since.ToUnixTimeMilliseconds())).Single(),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SessionRecord?> FindOriginAsync(string owner, string origin, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(
            connection, $"SELECT {SqliteRows.SessionColumns} FROM sessions WHERE owner = $owner AND origin = $origin", SqliteRows.ReadSession,
            ("$owner", owner), ("$origin", origin)).FirstOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask BackupAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            MakeNew(path);

            // One read transaction from beginning to end: the copy is of one moment, and nobody waits for it.
            await _readers.ReadAsync(
                connection =>
                {
                    using var command = connection.CreateCommand();
                    command.CommandText = "PRAGMA query_only=OFF; VACUUM INTO $path; PRAGMA query_only=ON;";
                    command.Parameters.AddWithValue("$path", path);
                    command.CommandTimeout = 0;
                    return command.ExecuteNonQuery();
                },
                cancellationToken);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new TroupeException(ErrorKind.Unavailable, "backup_failed", $"The backup '{Path.GetFileName(path)}' could not be written: {failure.Message}", failure);
        }
    }

    /// <summary>Puts a backup in the place of a folder's database, which must be nobody's at the moment. The former database stays beside it.</summary>
    /// <param name="folder">The data folder; made when missing.</param>
    /// <param name="backup">A file that <see cref="BackupAsync"/> wrote.</param>
    /// <returns>Where the former database lies now; null when there was none.</returns>
    /// <exception cref="TroupeException">The folder is held, or the file is no whole database of a version that is known; nothing is
    /// changed.</exception>
    public static string? Restore(string folder, string backup)
    {
        SqliteLibrary.Bind();
        if (!File.Exists(backup))
        {
            throw new TroupeException(ErrorKind.Setup, "backup_missing", $"There is no file '{backup}'.");
        }

        try
        {
            MakeFolder(folder);
            using var held = TakeLock(folder);
            var path = Path.Combine(folder, FileName);
            var fresh = Path.Combine(folder, "restore.tmp");
            File.Delete(fresh);
            File.Copy(backup, fresh);
            Verify(fresh, backup);
            string? former = null;
            if (File.Exists(path))
            {
                // With its log, which may hold what is not in the file yet.
                former = FreeName(folder);
                File.Move(path, former);
                MoveIfThere($"{path}-wal", $"{former}-wal");
                File.Delete($"{path}-shm");
            }

            MakePrivate(fresh);
            File.Move(fresh, path);
            return former;
        }
        catch (Exception failure)
        {
            throw Explain(failure, folder);
        }
    }

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
    public ValueTask<IReadOnlyList<Document>> ReadDocumentsAsync(DocumentQuery query, CancellationToken cancellationToken) => _readers.ReadAsync(
        connection => ReadAll(
            connection,
            """
            SELECT kind, owner, id, version, link, body, updated_at FROM documents
            WHERE kind = $kind AND ($owner IS NULL OR owner = $owner) AND ($id IS NULL OR id = $id)
              AND ($link IS NULL OR link = $link) AND ($before IS NULL OR id < $before)
            ORDER BY id DESC, owner DESC LIMIT $limit
            """,
            SqliteRows.ReadDocument,
            ("$kind", query.Kind), ("$owner", query.Owner), ("$id", query.Id), ("$link", query.Link), ("$before", query.Before), ("$limit", query.Limit)),
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

    [SuppressMessage("Security", "CA2100", Justification = "Every caller's statement is a constant, or the build fails with CA1857; what varies is a parameter.")]
    private static IReadOnlyList<T> ReadAll<T>(
        SqliteConnection connection, [ConstantExpected] string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
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

    /// <summary>The patterns of a search, as many as a statement has places for; null where there is none.</summary>
    private static string?[] FormsOf(SearchPhrase? phrase)
    {
        var forms = new string?[SearchPhrase.MaxForms];
        for (var i = 0; i < phrase?.Forms.Count; i++)
        {
            forms[i] = $"%{Escape(phrase.Forms[i])}%";
        }

        return forms;
    }

    /// <summary>Ends a search whose caller leaves. Disposed, it ends nothing any more.</summary>
    private static CancellationTokenRegistration InterruptFor(SqliteConnection connection, CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static connection => SQLitePCL.raw.sqlite3_interrupt(((SqliteConnection)connection!).Handle), connection);

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

    /// <summary>An empty file that only its owner reads; SQLite fills it.</summary>
    private static void MakeNew(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(path, options).Dispose();
    }

    /// <summary>Reads a copy through: it must be whole, and of a version that this program knows.</summary>
    private static void Verify(string copy, string backup)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = copy, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA integrity_check";
            if (check.ExecuteScalar() is not "ok")
            {
                throw Damaged();
            }

            check.CommandText = "SELECT max(version) FROM schema_version";
            var version = Convert.ToInt64(check.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
            if (version > SqliteSchema.Newest)
            {
                throw new TroupeException(ErrorKind.Setup, "store_newer", $"'{backup}' has schema version {version}; this program knows versions up to {SqliteSchema.Newest}. Use the newer program.");
            }
        }
        catch (SqliteException)
        {
            File.Delete(copy);
            throw Damaged();
        }
        catch (TroupeException)
        {
            File.Delete(copy);
            throw;
        }

        TroupeException Damaged() => new(ErrorKind.Setup, "backup_damaged", $"'{backup}' is not a whole backup of Troupe. Nothing was changed.");
    }

    private static string FreeName(string folder)
    {
        for (var n = 1; ; n++)
        {
            var name = Path.Combine(folder, $"before-restore-{n}.db");
            if (!File.Exists(name))
            {
                return name;
            }
        }
    }

    private static void MoveIfThere(string from, string to)
    {
        if (File.Exists(from))
        {
            File.Move(from, to);
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
