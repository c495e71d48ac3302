using System.Text.Json;
using Microsoft.Playwright;
using Troupe.Tests;

namespace Troupe.Browser.Tests;

/// <summary>axe-core looks at a page for what keeps people from using it who cannot see it, or not well.</summary>
internal static class Axe
{
    private static readonly string Source = ReadSource();

    /// <summary>Fails with each rule that the page breaks and where.</summary>
    public static async Task CheckAsync(IPage page, string what)
    {
        // By the debugger's protocol, which the page's policy does not reach.
        await page.EvaluateAsync(Source);
        var found = await page.EvaluateAsync<JsonElement>("() => axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => ({ rule: v.id, help: v.help, places: v.nodes.map(n => n.html.slice(0, 200)) })))");
        Assert.True(found.GetArrayLength() == 0, $"{what}: {found}");
    }

    private static string ReadSource()
    {
        var path = Path.Combine(House.Root, "tests", "clients", "node_modules", "axe-core", "axe.min.js");
        return File.Exists(path) ? File.ReadAllText(path) : throw new InvalidOperationException("axe-core is missing: run 'npm ci --ignore-scripts' in tests/clients, which ./test does.");
    }
}
