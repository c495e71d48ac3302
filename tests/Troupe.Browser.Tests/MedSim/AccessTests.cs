using Microsoft.Playwright;
using Troupe.Server.Tests;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>MedSim's pages for who sees little, hears them read, or has a small screen: looked through by axe-core.</summary>
public sealed class AccessTests(Chromium chromium, Ward ward)
{
    [Theory]
    [InlineData(1280, 850, ColorScheme.Light)]
    [InlineData(360, 740, ColorScheme.Dark)]
    public async Task No_page_has_a_violation(int width, int height, ColorScheme look)
    {
        await using var visit = await Visit.OpenAsync(
            chromium, ward.Site, new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = look }, "/medsim", "chat", "teach");
        var page = visit.Page;
        using var client = visit.Client();
        var room = (await client.PostJsonAsync("/api/v1/medsim/classes", new { name = "Year four" })).Text("id");
        var finished = await Bedside.FinishedAsync(client, "crushing-chest-pain", "Inferior STEMI");
        await Expect(page.Locator(".ms-card").First).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "library");
        await page.GetByRole(AriaRole.Button, new() { Name = Ward.BusDriver, Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).GetByText("Take a focused history")).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "beginning");

        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "Practice");
        await bedside.AskAsync("Hello, what brings you in?", "½ min");
        await Axe.CheckAsync(page, "talk");
        await bedside.OpenTabAsync("Examine");
        await bedside.RequestAsync("Examine", "vital signs");
        await Expect(page.Locator(".ms-outcome")).ToContainTextAsync("Vital signs");
        await Axe.CheckAsync(page, "examine");
        await bedside.OpenTabAsync("Orders");
        await bedside.RequestAsync("Order", "ecg");
        await Expect(page.Locator(".ms-pending")).ToBeVisibleAsync();
        await bedside.RequestAsync("Order", "ct");
        await Expect(page.Locator(".ms-choices")).ToBeVisibleAsync();
        await Axe.CheckAsync(page, "orders");
        foreach (var tab in (string[])["Notes", "Finish"])
        {
            await bedside.OpenTabAsync(tab);
            await Axe.CheckAsync(page, tab);
        }

        foreach (var (path, sign) in ((string, string)[])[($"/medsim/attempts/{finished}/debrief", ".ms-total"), ("/medsim/progress", ".plot canvas"), ("/medsim/classes", "#ms-teaching"), ($"/medsim/classes/{room}", "#ms-members")])
        {
            await page.GotoAsync(path);
            await Expect(page.Locator(sign)).ToBeVisibleAsync();
            await Axe.CheckAsync(page, path);
            Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, path);
        }

        visit.NothingWrong();
    }
}
