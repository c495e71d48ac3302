using SQLitePCL;
using Troupe.Storage;

namespace Troupe.Sqlite;

/// <summary>A result code of SQLite that is not success.</summary>
internal sealed class SqliteFailure(int code, int extended, string message) : Exception($"SQLite {extended}: {message}")
{
    // SQLite reports a disk that has no room for the log's index as an I/O error; nothing has been written then.
    private const int NoRoomForIndex = raw.SQLITE_IOERR | (19 << 8);

    public int Code { get; } = extended == NoRoomForIndex ? raw.SQLITE_FULL : code;

    /// <summary>The operation broke a rule of the schema; others are not affected.</summary>
    public bool IsRefusal => Code is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;

    /// <summary>Nothing is written and another try may succeed.</summary>
    public bool IsTemporary => Code is raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM;

    public TroupeException ToTemporary() => new(
        ErrorKind.Unavailable,
        Code == raw.SQLITE_FULL ? "store_full" : "store_busy",
        Code == raw.SQLITE_FULL
            ? "The disk is full: nothing can be written, everything can be read. Free some space."
            : "The database is busy. Try again in a few seconds.",
        this)
    {
        RetryAfter = TimeSpan.FromSeconds(10),
    };

    public StoreFaultedException ToFault() => new("The disk failed while committing; what of it is written is unknown. Restart the server.", this);
}
