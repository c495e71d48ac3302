using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Troupe.Tests;

namespace Troupe.Browser.Tests.Sessions;

public sealed class SidebarTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task A_conversation_gets_another_name()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("What is it called?");
        await DoAsync(visit, "What is it called?", "Rename");

        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Names of things");
        await visit.Page.Keyboard.PressAsync("Enter");

        await Expect(visit.Page.Locator(".session-title")).ToHaveTextAsync("Names of things");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = "Names of things" })).ToBeVisibleAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.Locator(".session-title")).ToHaveTextAsync("Names of things");
        visit.NothingWrong();
    }

    [Fact]
    public async Task What_is_archived_is_out_of_the_way_and_can_be_taken_back()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Put me away");
        await DoAsync(visit, "Put me away", "Archive");

        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(0);
        await visit.Page.GetByLabel("Archived").CheckAsync();
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(1);
        await DoAsync(visit, "Put me away", "Take out of the archive");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(0);
        await visit.Page.GetByLabel("Archived").UncheckAsync();
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(1);
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_deletion_can_be_undone_for_ten_seconds_and_is_for_good_then()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Forget me");
        var session = await visit.SessionAsync();
        await visit.Page.Clock.InstallAsync(new() { TimeDate = DateTime.UtcNow });
        await visit.Page.ReloadAsync();

        await DoAsync(visit, "Forget me", "Delete");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(0);
        await Expect(visit.Page.GetByText("Nothing was said yet.")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(1);
        await visit.Page.Clock.FastForwardAsync(20_000);
        Assert.Equal(2, (await visit.HeldAsync(session)).Length);

        await DoAsync(visit, "Forget me", "Delete");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(0);
        Assert.Equal(2, (await visit.HeldAsync(session)).Length);
        await visit.Page.RunAndWaitForResponseAsync(() => visit.Page.Clock.FastForwardAsync(11_000), r => r.Request.Method == "DELETE");

        await GoneAsync(visit, session);
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByText("Nothing was said yet.")).ToBeVisibleAsync();
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_deletion_holds_when_the_tab_is_closed_before_its_time()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Forget me soon");
        var session = await visit.SessionAsync();
        await DoAsync(visit, "Forget me soon", "Delete");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(0);
        await visit.Page.CloseAsync(new() { RunBeforeUnload = false });

        // Now, or, where the browser gave it no time, when the page is open again.
        await visit.ReopenAsync("/");
        await Expect(visit.Page.GetByText("Nothing was said yet.")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(0);
        await GoneAsync(visit, session);
    }

    [Fact]
    public async Task A_word_of_any_conversation_finds_it()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("The zebra has stripes");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "New" }).ClickAsync();
        await visit.TalkAsync("The whale sings");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(2);

        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("zebra");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(1);
        await visit.Page.Locator(".session a").ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["The zebra has stripes"]);
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("giraffe");
        await Expect(visit.Page.GetByText("Nothing was found.")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("");
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(2);
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_conversation_is_exported_to_read_and_with_its_whole_tree()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Export me");

        var markdown = await visit.Page.RunAndWaitForDownloadAsync(() => DoAsync(visit, "Export me", "Export as markdown"));
        Assert.EndsWith(".md", markdown.SuggestedFilename, StringComparison.Ordinal);
        Assert.Contains("Export me", await File.ReadAllTextAsync(await markdown.PathAsync(), Limits.Token), StringComparison.Ordinal);
        var tree = await visit.Page.RunAndWaitForDownloadAsync(() => DoAsync(visit, "Export me", "Export with all branches (JSON)"));
        var export = JsonElement.Parse(await File.ReadAllTextAsync(await tree.PathAsync(), Limits.Token));
        Assert.Equal(2, export.GetProperty("entries").GetArrayLength());
        visit.NothingWrong();
    }

    [Fact]
    public async Task An_address_of_nobodys_conversation_says_so()
    {
        await using var owner = await Visit.OpenAsync(chromium, site);
        await owner.TalkAsync("Mine alone");
        var session = await owner.SessionAsync();
        await using var visit = await Visit.OpenAsync(chromium, site, path: $"/chat/{session}");

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "This conversation is not there" })).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("Mine alone")).ToHaveCountAsync(0);
        visit.NothingWrong();
    }

    /// <summary>Waits until the server has the session no more.</summary>
    private static async Task GoneAsync(Visit visit, string session)
    {
        using var client = visit.Client();
        var limit = Limits.Token;
        while ((await client.GetAsync($"/api/v1/sessions/{session}", limit)).StatusCode != HttpStatusCode.NotFound)
        {
            await Task.Yield();
        }
    }

    private static async Task DoAsync(Visit visit, string title, string what)
    {
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = $"More about {title}" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = what, Exact = true }).ClickAsync();
    }
}
