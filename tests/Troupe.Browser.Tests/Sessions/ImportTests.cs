using System.Text.Json;
using Microsoft.Playwright;
using Troupe.Tests;

namespace Troupe.Browser.Tests.Sessions;

public sealed class ImportTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task What_is_exported_can_be_imported_with_all_its_branches_by_somebody_else()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Round trip");
        await visit.Said.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await visit.Page.GetByLabel("Edit your message").FillAsync("Another trip");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Send as a new branch" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Another trip"]);
        await visit.SettledAsync();
        var held = await visit.HeldAsync(await visit.SessionAsync());
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "More about Round trip" }).ClickAsync();
        var export = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Export with all branches (JSON)" }).ClickAsync());
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "trip.json");
        await export.SaveAsAsync(file);

        await using var other = await Visit.OpenAsync(chromium, site, path: "/import");
        await TakeAsync(other, file);
        await Expect(other.Page.GetByText("1 imported, 0 known already")).ToBeVisibleAsync();
        await TakeAsync(other, file);
        await Expect(other.Page.GetByText("0 imported, 1 known already")).ToBeVisibleAsync();
        await other.PictureAsync("imported");
        await other.Page.Locator(".reports a").First.ClickAsync();

        await Expect(other.Words).ToHaveTextAsync(["Another trip"]);
        Assert.Equal(held, await other.HeldAsync(await other.SessionAsync()));
        await other.Page.GetByRole(AriaRole.Button, new() { Name = "Branch before" }).ClickAsync();
        await Expect(other.Words).ToHaveTextAsync(["Round trip"]);
        await other.TalkAsync("And on", 2);
        other.NothingWrong();
    }

    [Fact]
    public async Task Conversations_of_other_programs_are_taken_and_what_is_none_is_refused_in_words()
    {
        await using var visit = await Visit.OpenAsync(chromium, site, path: "/import");
        var fixtures = Path.Combine(House.Root, "tests", "fixtures", "import");
        foreach (var name in new[] { "chatgpt-conversations.json", "openai-array.json", "taurobot-memory.json" })
        {
            await TakeAsync(visit, Path.Combine(fixtures, name));
            await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = name })).ToBeVisibleAsync();
        }

        await Expect(visit.Page.Locator(".reports > li > p")).ToHaveCountAsync(3);
        await Expect(visit.Page.Locator(".reports .problem")).ToHaveCountAsync(0);
        await Expect(visit.Page.Locator(".session")).Not.ToHaveCountAsync(0);
        using var folder = new TempFolder();
        var nothing = Path.Combine(folder.Path, "nothing.json");
        await File.WriteAllTextAsync(nothing, JsonSerializer.Serialize(new { weather = "fine" }), Limits.Token);
        await TakeAsync(visit, nothing);
        await Expect(visit.Page.Locator(".reports .problem")).ToHaveCountAsync(1);
        visit.NothingWrong();
    }

    private static Task TakeAsync(Visit visit, string file) => visit.Page.GetByLabel("Choose files, or drop them here").SetInputFilesAsync(file);
}
