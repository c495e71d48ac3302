namespace Troupe.Sqlite;

/// <summary>What the operating system meant by an I/O error: errno, which .NET hands on as it is, or Windows' code.</summary>
internal static class SystemError
{
    /// <summary>Another process has the file: EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION.</summary>
    public static bool IsHeld(Exception failure) => failure is IOException { HResult: 11 or 35 or unchecked((int)0x80070020) };

    /// <summary>The disk takes no writes: EROFS, ERROR_WRITE_PROTECT.</summary>
    public static bool IsReadOnly(Exception failure) => failure is IOException { HResult: 30 or unchecked((int)0x80070013) };

    /// <summary>The disk is full: ENOSPC, ERROR_DISK_FULL.</summary>
    public static bool IsFull(Exception failure) => failure is IOException { HResult: 28 or unchecked((int)0x80070070) };
}
