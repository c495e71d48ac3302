using System.Globalization;
using SQLitePCL;

namespace Troupe.Sqlite;

/// <summary>Brings a database to this version's schema by the numbered migrations, each in a transaction of its own.</summary>
internal sealed class SqliteSchema(sqlite3 connection)
{
    /// <exception cref="TroupeException">The database was written by a newer version (code store_newer); it is left as it is.</exception>
    public void Upgrade()
    {
        var migrations = Migrations();
        var version = Exists("schema_version") ? Read("SELECT max(version) FROM schema_version") : 0;
        if (version > migrations.Count)
        {
            throw new TroupeException(
                ErrorKind.Setup, "store_newer",
                $"The database has schema version {version}; this program knows versions up to {migrations.Count}. Start the newer program, or restore a backup.");
        }

        foreach (var (number, sql) in migrations.Skip((int)version))
        {
            Execute(string.Create(CultureInfo.InvariantCulture, $"""
                BEGIN IMMEDIATE;
                CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY);
                {sql}
                INSERT INTO schema_version (version) VALUES ({number});
                COMMIT;
                """));
        }
    }

    /// <summary>The version that this program writes.</summary>
    public static int Newest { get; } = Migrations().Count;

    public long ReadReservedNumbers() => Read("SELECT reserved FROM numbers");

    /// <summary>The one number that a statement answers with.</summary>
    public long ReadNumber(string sql) => Read(sql);

    private static List<(int Number, string Sql)> Migrations()
    {
        var assembly = typeof(SqliteSchema).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return (int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), reader.ReadToEnd());
            }),
        ];
    }

    private bool Exists(string table) => Read($"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '{table}'") > 0;

    private long Read(string sql)
    {
        SqliteStatement.Check(raw.sqlite3_prepare_v2(connection, sql, out var statement), connection);
        using (statement)
        {
            var result = raw.sqlite3_step(statement);
            return result == raw.SQLITE_ROW
                ? raw.sqlite3_column_int64(statement, 0)
                : throw new SqliteFailure(result & 0xff, result, raw.sqlite3_errmsg(connection).utf8_to_string());
        }
    }

    private void Execute(string sql)
    {
        try
        {
            SqliteStatement.Check(raw.sqlite3_exec(connection, sql), connection);
        }
        catch (SqliteFailure)
        {
            if (raw.sqlite3_get_autocommit(connection) == 0)
            {
                _ = raw.sqlite3_exec(connection, "ROLLBACK");
            }

            throw;
        }
    }
}
