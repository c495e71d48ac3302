using System.Diagnostics;
using System.Globalization;

namespace Troupe.Bench;

/// <summary>A server in a process of its own.</summary>
internal sealed class ChildServer : IAsyncDisposable
{
    public const string Token = "the-token-of-the-benchmarks";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private ChildServer(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    public string Url { get; }

    /// <summary>The most memory the process has held, in bytes.</summary>
    public long PeakBytes => ReadStatus("VmHWM:");

    /// <summary>The memory that the process holds, in bytes.</summary>
    public long ResidentBytes => ReadStatus("VmRSS:");

    public static Task<ChildServer> BareAsync(string answer) => StartAsync(Published.Bench, ["bare", answer]);

    public static Task<ChildServer> SeedAsync(string kind, TimeSpan modelDelay) => StartAsync(Published.Bench, [kind, modelDelay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)]);

    public static Task<ChildServer> PacedAsync() => StartAsync(Published.Bench, ["paced"]);

    public static Task<ChildServer> TroupeAsync(string folder, params (string Name, string Value)[] settings) => StartAsync(
        Published.Troupe, ["serve"],
        [("TROUPE_DATA", folder), ("TROUPE_PORT", "0"), ("TROUPE_API_KEY", Token), ("TROUPE_MODEL", "fixed"), ("TROUPE_FIXED_REPLY", Work.Reply), .. settings]);

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<ChildServer> StartAsync(string program, string[] arguments, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(StartTimeout);
        while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            if (line.Split(' ').FirstOrDefault(w => w.StartsWith("http://", StringComparison.Ordinal)) is { } url)
            {
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new ChildServer(process, url);
            }
        }

        throw new InvalidOperationException($"'{program}' ended before it served.");
    }

    private long ReadStatus(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
