using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SQLitePCL;

namespace Troupe.Sqlite;

/// <summary>A prepared statement of the writing connection; binds by position, from 1, and runs to the end.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private int _position;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement), connection);
    }

    public SqliteStatement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_position, value), _connection);
        return this;
    }

    public SqliteStatement Bind(bool value) => Bind(value ? 1L : 0L);

    public SqliteStatement Bind(DateTimeOffset value) => Bind(value.ToUnixTimeMilliseconds());

    public SqliteStatement Bind(int? value) => value is { } number ? Bind((long)number) : BindNull();

    public SqliteStatement Bind(UInt128? value)
    {
        if (value is not { } number)
        {
            return BindNull();
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        Check(raw.sqlite3_bind_blob(_statement, ++_position, bytes), _connection);
        return this;
    }

    public SqliteStatement Bind(string? value)
    {
        switch (value)
        {
            case null:
                return BindNull();

            case "":
                // An empty span would be bound as NULL.
                Check(raw.sqlite3_bind_text(_statement, ++_position, ""), _connection);
                return this;

            default:
                var size = Encoding.UTF8.GetMaxByteCount(value.Length);
                byte[]? rented = null;
                var buffer = size <= 1024 ? stackalloc byte[1024] : (rented = ArrayPool<byte>.Shared.Rent(size));
                var written = Encoding.UTF8.GetBytes(value, buffer);
                Check(raw.sqlite3_bind_text(_statement, ++_position, buffer[..written]), _connection);
                if (rented is not null)
                {
                    ArrayPool<byte>.Shared.Return(rented);
                }

                return this;
        }
    }

    /// <summary>Begins again with the first position.</summary>
    public void Unbind() => _position = 0;

    /// <summary>Runs the statement and returns how many rows it changed.</summary>
    public int Run()
    {
        _position = 0;
        int result;
        do
        {
            result = raw.sqlite3_step(_statement);
        }
        while (result == raw.SQLITE_ROW);

        if (result == raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(_statement);
            return raw.sqlite3_changes(_connection);
        }

        var failure = Failure(result, _connection);
        raw.sqlite3_reset(_statement);
        throw failure;
    }

    /// <summary>Runs a statement that answers with a row and returns that row's first column.</summary>
    public long ReadOne()
    {
        _position = 0;
        var result = raw.sqlite3_step(_statement);
        var value = result == raw.SQLITE_ROW ? raw.sqlite3_column_int64(_statement, 0) : 0;
        var failure = result is raw.SQLITE_ROW or raw.SQLITE_DONE ? null : Failure(result, _connection);
        raw.sqlite3_reset(_statement);
        return failure is null ? value : throw failure;
    }

    public void Dispose() => _statement.Dispose();

    public static void Check(int result, sqlite3 connection)
    {
        if (result != raw.SQLITE_OK)
        {
            throw Failure(result, connection);
        }
    }

    private static SqliteFailure Failure(int result, sqlite3 connection) =>
        new(result & 0xff, raw.sqlite3_extended_errcode(connection), raw.sqlite3_errmsg(connection).utf8_to_string());

    private SqliteStatement BindNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_position), _connection);
        return this;
    }
}
