using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Troupe.Bench.Scenarios;

/// <summary>The page, in a real Chromium.</summary>
internal static class PageScenario
{
    public const string Name = "The page";

    public const string Caption =
        "Debian's Chromium, headless, without a graphics processor, on the machine that also serves. Loaded: every byte over the network from an empty browser until one can type, the page's files as " +
        "brotli that the build made. Blocked: what tasks of the main thread took over 50 ms each, in an answer of 2,000 tokens of markdown at 100 a second. Token: frames from the moment at which its " +
        "event was decoded to the end of the frame in which it stands in the document. Scrolling: from the newest of 10,000 entries to the first, 1,500 pixels a frame, older entries being read on the " +
        "way; beside it an empty page of the same height, which is the floor.";

    private const int Entries = 10_000;

    public static async Task<List<Row>> RunAsync()
    {
        var folder = Work.TempFolder();
        await using var provider = await ChildServer.PacedAsync();
        await using var server = await ChildServer.TroupeAsync(
            folder, ("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", provider.Url + "/v1"), ("OPENAI_MODEL", "paced"), ("TROUPE_MAX_BODY", "16777216"));
        using var client = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ChildServer.Token);
        var session = await StreamsScenario.ImportAsync(client, Entries);
        using var measured = JsonDocument.Parse(await DriveAsync(server.Url, session));
        Directory.Delete(folder, recursive: true);
        return
        [
            Row.Of(Name, "loaded until one can type", "kB", Numbers("bytes").ConvertAll(b => b / 1000), "≤ 250", v => v <= 250),
            Row.Of(Name, "main thread blocked in an answer of 2,000 tokens", "ms", Numbers("blocked"), "≤ 200", v => v <= 200),
            Row.Of(Name, "a token from its event to the screen, p99", "frames", Numbers("frames", "p99"), "≤ 2", v => v <= 2),
            Row.Of(Name, "a token from its event to the screen, p50", "frames", Numbers("frames", "p50")),
            Row.Of(Name, "scrolling 10,000 entries", "frames/s", Numbers("scroll"), "≥ 50", v => v >= 50),
            Row.Of(Name, "scrolling an empty page of that height", "frames/s", Numbers("floor")),
            Row.Of(Name, "the longest frame of scrolling 10,000 entries", "ms", Numbers("slowest")),
        ];

        List<double> Numbers(string figure, string? part = null) =>
            [.. measured.RootElement.GetProperty(figure).EnumerateArray().Select(v => (part is null ? v : v.GetProperty(part)).GetDouble())];
    }

    private static async Task<string> DriveAsync(string url, string session)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Published.Root, "web", "bench", "page.mjs"), url, ChildServer.Token, session])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException("The page could not be measured. Chromium must be installed: apt-get install chromium.");
    }
}
