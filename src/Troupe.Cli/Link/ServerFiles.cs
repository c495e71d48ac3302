using System.Globalization;
using Troupe.Sqlite;

namespace Troupe.Cli.Link;

/// <summary>What a server leaves beside the database while it holds it, so that commands of the same user find it.</summary>
internal static class ServerFiles
{
    private const string TokenName = "server.token";
    private const string UrlName = "server.url";
    private const string ProcessName = "server.pid";

    public static string TokenPath(string folder) => Path.Combine(folder, TokenName);

    public static void Write(string folder, string url, string token)
    {
        WritePrivate(TokenPath(folder), token);
        WritePrivate(Path.Combine(folder, UrlName), url);
        WritePrivate(Path.Combine(folder, ProcessName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    public static void Delete(string folder)
    {
        File.Delete(TokenPath(folder));
        File.Delete(Path.Combine(folder, UrlName));
        File.Delete(Path.Combine(folder, ProcessName));
    }

    /// <summary>The server that holds the folder now; null when none does, also when a killed one left its files.</summary>
    public static (string Url, string Token)? Read(string folder)
    {
        var url = Path.Combine(folder, UrlName);
        var token = TokenPath(folder);
        return File.Exists(url) && File.Exists(token) && SqliteStore.IsHeld(folder) ? (File.ReadAllText(url), File.ReadAllText(token)) : null;
    }

    /// <summary>The process of the server that holds the folder now; null when none does.</summary>
    public static int? ReadProcessId(string folder)
    {
        var path = Path.Combine(folder, ProcessName);
        return File.Exists(path) && SqliteStore.IsHeld(folder) && int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    private static void WritePrivate(string path, string text)
    {
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
