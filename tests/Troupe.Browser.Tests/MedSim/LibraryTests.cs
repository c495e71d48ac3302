using System.Net.Http.Headers;
using Microsoft.Playwright;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>What stands around an encounter: how it is begun, and what came from elsewhere.</summary>
public sealed class LibraryTests(Chromium chromium, Ward ward)
{
    [Theory]
    [InlineData(1280)]
    [InlineData(360)]
    public async Task What_counts_is_shown_before_practice_begins_and_never_before_an_OSCE(int width)
    {
        await using var visit = await Visit.OpenAsync(chromium, ward.Site, new() { ViewportSize = new() { Width = width, Height = 800 } }, path: "/medsim");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = Ward.BusDriver, Exact = true }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        var weights = dialog.Locator(".ms-weights > div");

        await Expect(weights).ToHaveCountAsync(7);
        await Expect(weights.First).ToHaveTextAsync("History30");
        await visit.PictureAsync($"medsim-start-{width}");
        var before = await dialog.BoundingBoxAsync();
        await dialog.GetByRole(AriaRole.Radio, new() { Name = "OSCE" }).CheckAsync();
        await Expect(weights).ToHaveCountAsync(0);
        await Expect(dialog).ToContainTextAsync("What counts is shown when it is over.");
        Assert.Equal(before!.Height, (await dialog.BoundingBoxAsync())!.Height);
        await dialog.GetByRole(AriaRole.Radio, new() { Name = "Practice" }).CheckAsync();
        await Expect(weights).ToHaveCountAsync(7);
        Assert.True(await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width);
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_former_session_stands_in_my_progress_and_its_words_can_be_read()
    {
        await using var visit = await Visit.OpenAsync(chromium, ward.Site);
        using (var client = visit.Client())
        {
            foreach (var (name, read) in new[] { ("one", "crushing-chest-pain"), ("two", "The man with the cough") })
            {
                using var file = new StringContent($$"""
                    {"id": "{{name}}", "case": "{{read}}", "messages": [{"role": "student", "content": "What brings you here?", "time": "2024-03-01T09:00:05Z"},
                     {"role": "patient", "content": "<b>My chest</b> hurts.", "time": "2024-03-01T09:02:05Z"}]}
                    """);
                file.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using var taken = await client.PostAsync("/api/v1/import", file, TestContext.Current.CancellationToken);
                Assert.True(taken.IsSuccessStatusCode);
            }
        }

        await visit.Page.GotoAsync("/medsim/progress");
        var table = visit.Page.GetByRole(AriaRole.Region, new() { Name = "From a former MedSim" });
        await Expect(table.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);
        await Expect(table.GetByRole(AriaRole.Row).Filter(new() { HasText = "The man with the cough" })).ToContainTextAsync("The case is not known here");
        await visit.PictureAsync("medsim-former");
        await table.GetByRole(AriaRole.Link, new() { Name = Ward.BusDriver }).ClickAsync();

        await Expect(visit.Page.GetByText("Only the words were kept, so there is no score and no debrief.")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator(".ms-line")).ToHaveCountAsync(2);
        await Expect(visit.Page.Locator(".ms-answer")).ToHaveTextAsync("Patient <b>My chest</b> hurts.");
        await Expect(visit.Page.Locator("main h1")).ToHaveTextAsync(Ward.BusDriver);
        await visit.PictureAsync("medsim-former-transcript");

        visit.NothingWrong();

        // Who asks for its debrief gets the same.
        await visit.Page.GotoAsync($"{visit.Page.Url}/debrief");
        await Expect(visit.Page.Locator(".ms-answer")).ToHaveTextAsync("Patient <b>My chest</b> hurts.");
    }
}
