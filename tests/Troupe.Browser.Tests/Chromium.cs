using Microsoft.Playwright;
using Troupe.Tests;

namespace Troupe.Browser.Tests;

/// <summary>Debian's Chromium, one for all tests; each test has a context of its own, which shares nothing with the others'.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal IBrowser Browser => _browser!;

    public async ValueTask InitializeAsync()
    {
        // What a worker asks for is seen too: a page that fetches nothing must not fetch by its worker either.
        Environment.SetEnvironmentVariable("PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS", "1");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = FindProgram(), Args = Arguments, Timeout = (float)Limits.Wait.TotalMilliseconds });
        SetDefaultExpectTimeout((float)Limits.Wait.TotalMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    private static string FindProgram()
    {
        var path = Environment.GetEnvironmentVariable("TROUPE_CHROMIUM") is { Length: > 0 } set ? set : "/usr/bin/chromium";
        return File.Exists(path) ? path : throw new InvalidOperationException(
            $"There is no Chromium at {path}. On Debian: 'apt-get install chromium', which ./test does where it may; elsewhere set TROUPE_CHROMIUM to the program.");
    }
}
