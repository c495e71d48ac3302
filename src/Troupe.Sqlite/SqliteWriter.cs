using System.Diagnostics.CodeAnalysis;
using SQLitePCL;
using Troupe.Storage;

namespace Troupe.Sqlite;

/// <summary>The one connection that writes and checkpoints. Used by one thread at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private const long LargestRewritten = 256 << 20;
    private const long NumberBlock = 1 << 16;

    private readonly sqlite3 _connection;
    private readonly TimeSpan _receiptAge;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _savepoint;
    private readonly SqliteStatement _release;
    private readonly SqliteStatement _rollbackTo;
    private readonly SqliteStatement _reserveNumbers;
    private readonly SqliteStatement _createSession;
    private readonly SqliteStatement _updateSession;
    private readonly SqliteStatement _deleteEntries;
    private readonly SqliteStatement _deleteTurns;
    private readonly SqliteStatement _deleteReceipts;
    private readonly SqliteStatement _deleteSession;
    private readonly SqliteStatement _insertTurn;
    private readonly SqliteStatement _updateTurn;
    private readonly SqliteStatement _insertEntry;
    private readonly SqliteStatement _eraseEntry;
    private readonly SqliteStatement _putKey;
    private readonly SqliteStatement _putReceipt;
    private readonly SqliteStatement _forgetReceipts;
    private readonly SqliteStatement _markDeleted;
    private readonly SqliteStatement _truncateLog;
    private readonly SqliteStatement[] _all;

    private long _reservedNumbers;
    private long _lastNumber;
    private bool _logHoldsDeleted;

    public SqliteWriter(string path, TimeSpan receiptAge)
    {
        _receiptAge = receiptAge;
        _connection = Connect(path);
        _begin = new(_connection, "BEGIN IMMEDIATE");
        _commit = new(_connection, "COMMIT");
        _rollback = new(_connection, "ROLLBACK");
        _savepoint = new(_connection, "SAVEPOINT operation");
        _release = new(_connection, "RELEASE operation");
        _rollbackTo = new(_connection, "ROLLBACK TO operation");
        _reserveNumbers = new(_connection, "UPDATE numbers SET reserved = ?");
        _createSession = new(_connection, """
            INSERT INTO sessions (no, id, owner, agent, durability, title, archived, head, head_after, created_at, updated_at, origin)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _updateSession = new(_connection, """
            UPDATE sessions SET title = ?, archived = ?, head = ?, head_after = ?, updated_at = ? WHERE no = ?
            """);
        _deleteEntries = new(_connection, "DELETE FROM entries WHERE session_no = ?");
        _deleteTurns = new(_connection, "DELETE FROM turns WHERE session_no = ?");
        _deleteReceipts = new(_connection, """
            DELETE FROM receipts WHERE (owner, made) IN (SELECT owner, id FROM sessions WHERE no = ?)
            """);
        _deleteSession = new(_connection, "DELETE FROM sessions WHERE no = ?");
        _insertTurn = new(_connection, """
            INSERT INTO turns (session_no, key, body_hash, state, epoch, input, requested_parent, model, user_seq, reply_seq,
                input_tokens, output_tokens, cached, error, merged_into, at, cost, no)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _updateTurn = new(_connection, """
            UPDATE turns SET state = ?, epoch = ?, input = ?, user_seq = ?, reply_seq = ?,
                input_tokens = ?, output_tokens = ?, cached = ?, error = ?, merged_into = ?, cost = ?
            WHERE no = ? AND session_no = ?
            """);

        // The condition refuses a gap; the unique index refuses a seq that is taken.
        _insertEntry = new(_connection, """
            INSERT INTO entries (session_no, seq, parent, turn_no, role, at, body, data)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
            WHERE ?2 = 1 OR EXISTS (SELECT 1 FROM entries WHERE session_no = ?1 AND seq = ?2 - 1)
            """);
        _eraseEntry = new(_connection, "UPDATE entries SET role = ?, body = '', data = NULL WHERE session_no = ? AND seq = ?");
        _putKey = new(_connection, "INSERT INTO keys (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body");
        _putReceipt = new(_connection, "INSERT INTO receipts (owner, key, body_hash, made, at) VALUES (?, ?, ?, ?, ?)");
        _forgetReceipts = new(_connection, """
            DELETE FROM receipts WHERE (owner, key) IN (SELECT owner, key FROM receipts WHERE at < ? LIMIT 16)
            """);
        _markDeleted = new(_connection, "PRAGMA user_version=1");
        _truncateLog = new(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        _all =
        [
            _begin, _commit, _rollback, _savepoint, _release, _rollbackTo, _reserveNumbers, _createSession, _updateSession,
            _deleteEntries, _deleteTurns, _deleteReceipts, _deleteSession, _insertTurn, _updateTurn, _insertEntry, _eraseEntry, _putKey,
            _putReceipt, _forgetReceipts, _markDeleted, _truncateLog,
        ];

        try
        {
            _lastNumber = new SqliteSchema(_connection).ReadReservedNumbers();
            _begin.Run();
            _reservedNumbers = ReserveNumbers();
            _commit.Run();
        }
        catch
        {
            Dispose();
            throw;
        }

        // The process before may have died between a deletion and the end of its traces.
        TruncateLog();
    }

    public long NextNumber() => Interlocked.Increment(ref _lastNumber);

    public void Commit(IReadOnlyList<StoreOperation> operations, Span<Exception?> outcomes)
    {
        HashSet<long>? failed = null;
        var reserved = _reservedNumbers;
        try
        {
            _begin.Run();
            if (Volatile.Read(ref _lastNumber) > _reservedNumbers - (NumberBlock / 2))
            {
                reserved = ReserveNumbers();
            }

            for (var i = 0; i < operations.Count; i++)
            {
                outcomes[i] = failed?.Contains(operations[i].SessionNumber) == true
                    ? new InvalidOperationException("an earlier operation of the session failed")
                    : TryApply(operations[i]);
                if (outcomes[i] is not null && operations[i].SessionNumber > 0)
                {
                    (failed ??= []).Add(operations[i].SessionNumber);
                }
            }

            _commit.Run();
            _reservedNumbers = reserved;
        }
        catch (Exception failure)
        {
            // After some errors SQLite has rolled back by itself, which autocommit mode tells.
            if (raw.sqlite3_get_autocommit(_connection) == 0)
            {
                _rollback.Run();
            }

            if (failure is SqliteFailure known)
            {
                throw known.IsTemporary ? known.ToTemporary() : known.ToFault();
            }

            throw;
        }

        if (_logHoldsDeleted)
        {
            TruncateLog();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _reservedNumbers, 0) > 0)
        {
            GiveBackNumbers();
            EraseTraces();
        }

        foreach (var statement in _all)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>Opens the database; when it cannot be used it is closed again, so that no handle stays on it.</summary>
    private static sqlite3 Connect(string path)
    {
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX;
        var result = raw.sqlite3_open_v2(path, out var connection, flags, null);
        try
        {
            SqliteStatement.Check(result, connection);
            Execute(connection, "PRAGMA busy_timeout=5000; PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;");
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864;");
            new SqliteSchema(connection).Upgrade();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private Exception? TryApply(StoreOperation operation)
    {
        _savepoint.Run();
        try
        {
            Apply(operation);
            _release.Run();
            return null;
        }
        catch (Exception refusal) when (refusal is not SqliteFailure { IsRefusal: false })
        {
            // Also a mistake of the caller's: what it did must not harm the others of the batch, nor what it left half bound.
            foreach (var statement in _all)
            {
                statement.Unbind();
            }

            _rollbackTo.Run();
            _release.Run();
            return refusal;
        }
    }

    private void Apply(StoreOperation operation)
    {
        switch (operation)
        {
            case StoreOperation.WriteTurn(var number, var turn, var isNew, var entries):
                if (isNew)
                {
                    InsertTurn(number, turn);
                }
                else
                {
                    UpdateTurn(number, turn);
                }

                Append(number, entries);
                break;

            case StoreOperation.AppendEntries(var number, var entries):
                Append(number, entries);
                break;

            case StoreOperation.CreateSession(var session):
                _createSession
                    .Bind(session.Number).Bind(session.Id).Bind(session.Owner).Bind(session.Agent).Bind((long)session.Durability)
                    .Bind(session.Title).Bind(session.Archived).Bind((long)session.Head).Bind((long)session.HeadAfter)
                    .Bind(session.CreatedAt).Bind(session.UpdatedAt).Bind(session.Origin).Run();
                break;

            case StoreOperation.UpdateSession(var session):
                Expect(
                    _updateSession
                        .Bind(session.Title).Bind(session.Archived).Bind((long)session.Head).Bind((long)session.HeadAfter)
                        .Bind(session.UpdatedAt).Bind(session.Number).Run(),
                    "session", session.Number);
                break;

            case StoreOperation.DeleteSession(var number):
                _deleteEntries.Bind(number).Run();
                _deleteTurns.Bind(number).Run();
                _deleteReceipts.Bind(number).Run();
                _deleteSession.Bind(number).Run();
                MarkDeleted();
                break;

            case StoreOperation.EraseEntries(var number, var seqs):
                Erase(number, seqs);
                break;

            case StoreOperation.PutKey(var key):
                _putKey.Bind(key.Id).Bind(SqliteRows.Write(key)).Run();
                break;

            case StoreOperation.PutReceipt(var receipt):
                _forgetReceipts.Bind(receipt.At - _receiptAge).Run();
                _putReceipt
                    .Bind(receipt.Owner).Bind(receipt.Key).Bind(receipt.BodyHash).Bind(receipt.Made).Bind(receipt.At).Run();
                break;

            case StoreOperation.Together(var parts):
                foreach (var part in parts)
                {
                    Apply(part);
                }

                break;
        }
    }

    private void InsertTurn(long session, TurnRecord turn) =>
        _insertTurn
            .Bind(session).Bind(turn.Key).Bind(turn.BodyHash).Bind((long)turn.State).Bind((long)turn.Epoch).Bind(turn.Input)
            .Bind(turn.RequestedParent).Bind(turn.Model).Bind((long)turn.UserSeq).Bind((long)turn.ReplySeq).Bind(turn.InputTokens)
            .Bind(turn.OutputTokens).Bind(turn.Cached).Bind(turn.Error).Bind(turn.MergedInto).Bind(turn.At).Bind(turn.CostMicros).Bind(turn.Number).Run();

    private void UpdateTurn(long session, TurnRecord turn) => Expect(
        _updateTurn
            .Bind((long)turn.State).Bind((long)turn.Epoch).Bind(turn.Input).Bind((long)turn.UserSeq).Bind((long)turn.ReplySeq)
            .Bind(turn.InputTokens).Bind(turn.OutputTokens).Bind(turn.Cached).Bind(turn.Error).Bind(turn.MergedInto).Bind(turn.CostMicros)
            .Bind(turn.Number).Bind(session).Run(),
        "turn", turn.Number);

    private void Append(long session, IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            var added = _insertEntry
                .Bind(session).Bind((long)entry.Seq).Bind((long)entry.Parent).Bind(entry.TurnNumber).Bind((long)entry.Role)
                .Bind(entry.At).Bind(entry.Text).Bind(entry.Data).Run();
            if (added == 0)
            {
                throw new InvalidOperationException($"entry {entry.Seq} does not follow the session's newest");
            }
        }
    }

    private void Erase(long session, IReadOnlyList<int> seqs)
    {
        foreach (var seq in seqs)
        {
            Expect(_eraseEntry.Bind((long)EntryRole.Erased).Bind(session).Bind((long)seq).Run(), "entry", seq);
        }

        MarkDeleted();
    }

    /// <summary>What SQLite has overwritten in the database may still stand in its log, and in what moved within a page.</summary>
    private void MarkDeleted()
    {
        _markDeleted.Run();
        _logHoldsDeleted = true;
    }

    private static void Expect(int changed, string what, long number)
    {
        if (changed == 0)
        {
            throw new InvalidOperationException($"{what} {number} is gone");
        }
    }

    /// <summary>Writes down how far numbers may be given out, which holds once it is committed.</summary>
    private long ReserveNumbers()
    {
        var reserved = Volatile.Read(ref _lastNumber) + NumberBlock;
        _reserveNumbers.Bind(reserved).Run();
        return reserved;
    }

    /// <summary>At a stop in good order, so that numbers stay small. If it fails, they only grow faster.</summary>
    private void GiveBackNumbers()
    {
        try
        {
            _begin.Run();
            _reserveNumbers.Bind(Volatile.Read(ref _lastNumber)).Run();
            _commit.Run();
        }
        catch (SqliteFailure)
        {
            if (raw.sqlite3_get_autocommit(_connection) == 0)
            {
                _ = raw.sqlite3_exec(_connection, "ROLLBACK");
            }
        }
    }

    /// <summary>SQLite overwrites what is deleted, but when it moves cells between pages it may leave copies in the unused part of a page.
    /// Writing the database anew leaves nothing; it is done at a stop in good order when something was deleted, and only while that takes
    /// no longer than a stop may.</summary>
    private void EraseTraces()
    {
        try
        {
            var schema = new SqliteSchema(_connection);
            if (schema.ReadNumber("PRAGMA user_version") != 0 && schema.ReadNumber("PRAGMA page_count") * schema.ReadNumber("PRAGMA page_size") <= LargestRewritten)
            {
                Execute(_connection, "PRAGMA user_version=0; VACUUM;");
                _ = _truncateLog.ReadOne();
            }
        }
        catch (SqliteFailure)
        {
            // A full disk has no room for the second copy; the mark stays for the next stop.
            _ = raw.sqlite3_exec(_connection, "PRAGMA user_version=1");
        }
    }

    /// <summary>Takes deleted words out of the write-ahead log as well. A reader may be in the way; then the next commit tries again.</summary>
    private void TruncateLog()
    {
        try
        {
            Execute(_connection, "PRAGMA busy_timeout=50");

            // The first column says whether somebody was in the way.
            _logHoldsDeleted = _truncateLog.ReadOne() != 0;
        }
        catch (SqliteFailure)
        {
            _logHoldsDeleted = true;
        }
        finally
        {
            Execute(_connection, "PRAGMA busy_timeout=5000");
        }
    }

    private static void Execute(sqlite3 connection, [ConstantExpected] string sql) => SqliteStatement.Check(raw.sqlite3_exec(connection, sql), connection);
}
