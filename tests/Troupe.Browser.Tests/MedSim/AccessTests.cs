using Microsoft.Playwright;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>MedSim's pages for who sees little, hears them read, or has a small screen: looked through by axe-core.</summary>
public sealed class AccessTests(Chromium chromium, Ward ward)
{
    private static readonly string Axe = Path.Combine(House.Root, "tests", "clients", "node_modules", "axe-core", "axe.min.js");

    [Theory]
    [InlineData(1280, 850, ColorScheme.Light)]
    [InlineData(360, 740, ColorScheme.Dark)]
    public async Task No_page_has_a_violation(int width, int height, ColorScheme look)
    {
        Assert.True(File.Exists(Axe), "axe-core is missing. Run 'npm ci --ignore-scripts' in tests/clients.");
        await using var visit = await Visit.OpenAsync(
            chromium, ward.Site, new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = look, BypassCSP = true }, "/medsim", "chat", "teach");
        var page = visit.Page;
        using var client = visit.Client();
        var room = (await client.PostJsonAsync("/api/v1/medsim/classes", new { name = "Year four" })).Text("id");
        var finished = await Bedside.FinishedAsync(client, "crushing-chest-pain", "Inferior STEMI");
        await Expect(page.Locator(".ms-card").First).ToBeVisibleAsync();
        await LookAsync(page, "library");
        await page.GetByRole(AriaRole.Button, new() { Name = Ward.BusDriver, Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).GetByText("Take a focused history")).ToBeVisibleAsync();
        await LookAsync(page, "beginning");

        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "Practice");
        await bedside.AskAsync("Hello, what brings you in?", "½ min");
        await LookAsync(page, "talk");
        await bedside.OpenTabAsync("Examine");
        await bedside.RequestAsync("Examine", "vital signs");
        await Expect(page.Locator(".ms-outcome")).ToContainTextAsync("Vital signs");
        await LookAsync(page, "examine");
        await bedside.OpenTabAsync("Orders");
        await bedside.RequestAsync("Order", "ecg");
        await Expect(page.Locator(".ms-pending")).ToBeVisibleAsync();
        await bedside.RequestAsync("Order", "ct");
        await Expect(page.Locator(".ms-choices")).ToBeVisibleAsync();
        await LookAsync(page, "orders");
        foreach (var tab in (string[])["Notes", "Finish"])
        {
            await bedside.OpenTabAsync(tab);
            await LookAsync(page, tab);
        }

        foreach (var (path, sign) in ((string, string)[])[($"/medsim/attempts/{finished}/debrief", ".ms-total"), ("/medsim/progress", ".plot canvas"), ("/medsim/classes", "#ms-teaching"), ($"/medsim/classes/{room}", "#ms-members")])
        {
            await page.GotoAsync(path);
            await Expect(page.Locator(sign)).ToBeVisibleAsync();
            await LookAsync(page, path);
            Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, path);
        }
    }

    private static async Task LookAsync(IPage page, string name)
    {
        await page.EvaluateAsync(await File.ReadAllTextAsync(Axe, Limits.Token));
        var found = await page.EvaluateAsync<string[]>("async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 120)).join(' | ')}`)");
        Assert.True(found.Length == 0, $"{name}: {string.Join('\n', found)}");
    }
}
