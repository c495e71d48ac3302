using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Troupe.Sqlite;

/// <summary>A bounded set of connections that only read and never checkpoint. Thread-safe.</summary>
internal sealed class SqliteReaders(string path, int size) : IDisposable
{
    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWrite,
        Pooling = false,
    }.ToString();

    private readonly SemaphoreSlim _places = new(size);
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private volatile bool _disposed;

    public async ValueTask<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        SqliteConnection? connection = null;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_idle.TryTake(out connection))
            {
                connection = new SqliteConnection(_connectionString);
                connection.Open();
                using var setup = connection.CreateCommand();
                setup.CommandText = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; PRAGMA busy_timeout=5000; PRAGMA trusted_schema=OFF;";
                setup.ExecuteNonQuery();
            }

            var result = read(connection);
            _idle.Add(connection);
            connection = null;
            if (_disposed)
            {
                // It was read while the store was closed; nobody else would close the connection.
                Dispose();
            }

            return result;
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The reader has left.", failure, cancellationToken);
        }
        finally
        {
            // A connection that failed is not used again.
            connection?.Dispose();
            _places.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }
}
