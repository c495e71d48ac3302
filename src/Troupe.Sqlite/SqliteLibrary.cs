using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Troupe.Sqlite;

/// <summary>Binds the managed wrapper to the operating system's SQLite, which the system keeps patched.</summary>
internal static class SqliteLibrary
{
    private static readonly string[] Candidates =
        OperatingSystem.IsWindows() ? ["winsqlite3"]
        : OperatingSystem.IsMacOS() ? ["libsqlite3.dylib"]
        : ["libsqlite3.so.0", "libsqlite3.so"];

    private static readonly Lazy<bool> Bound = new(static () =>
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    });

    public static void Bind() => _ = Bound.Value;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "e_sqlite3")
        {
            return 0;
        }

        foreach (var candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out var handle))
            {
                return handle;
            }
        }

        throw new TroupeException(
            ErrorKind.Setup, "sqlite_missing", $"SQLite is not installed ({string.Join(", ", Candidates)}). Install it, on Debian: apt-get install libsqlite3-0.");
    }
}
