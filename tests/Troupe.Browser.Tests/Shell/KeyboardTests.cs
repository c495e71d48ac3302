using Microsoft.Playwright;

namespace Troupe.Browser.Tests.Shell;

public sealed class KeyboardTests(Chromium chromium, Site site)
{
    /// <summary>What the element that has the focus is called.</summary>
    private const string Focused = "() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? (e.labels?.[0]?.textContent || e.textContent); }";

    [Fact]
    public async Task Everything_can_be_done_without_a_mouse()
    {
        await using var visit = await Visit.BeginAsync(chromium, site.Url, await site.NewKeyAsync());
        var keys = visit.Page.Keyboard;
        await visit.Page.GotoAsync("/");

        // The focus is where one begins.
        await Expect(visit.Page.GetByLabel("Key", new() { Exact = true })).ToBeFocusedAsync();
        await keys.TypeAsync(visit.Token);
        await keys.PressAsync("Enter");
        await Expect(visit.Composer).ToBeFocusedAsync();
        await keys.TypeAsync("Two lines,");
        await keys.PressAsync("Shift+Enter");
        await keys.TypeAsync("one message");
        await keys.PressAsync("Enter");
        await Expect(visit.Replies).ToHaveCountAsync(1);
        await visit.SettledAsync();
        await Expect(visit.Composer).ToBeFocusedAsync();

        await ReachAsync("Edit", "Shift+Tab");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.GetByLabel("Edit your message")).ToBeFocusedAsync();
        await keys.PressAsync("Control+A");
        await keys.TypeAsync("Another message");
        await ReachAsync("Send as a new branch", "Tab");
        await keys.PressAsync("Enter");
        await Expect(visit.Words).ToHaveTextAsync(["Another message"]);
        await visit.SettledAsync();
        await ReachAsync("Branch before", "Tab");
        await keys.PressAsync("Enter");
        await Expect(visit.Words).ToContainTextAsync(["Two lines,"]);

        // A conversation's menu, a dialog, and back where one was.
        await ReachAsync("More about Two lines", "Shift+Tab");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Rename" })).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(visit.Page.GetByLabel("Name", new() { Exact = true })).ToBeFocusedAsync();
        await keys.PressAsync("Control+A");
        await keys.TypeAsync("By keys alone");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.Locator(".session-title")).ToHaveTextAsync("By keys alone");

        await ReachAsync("More about By keys alone", "Tab");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Rename" })).ToBeFocusedAsync();
        await keys.PressAsync("ArrowUp");
        await Expect(visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete" })).ToBeFocusedAsync();
        await keys.PressAsync("Escape");
        await Expect(visit.Page.GetByRole(AriaRole.Menu)).ToHaveCountAsync(0);
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "More about By keys alone" })).ToBeFocusedAsync();

        await ReachAsync("Account of", "Tab");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Light" })).ToBeFocusedAsync();
        await keys.PressAsync("ArrowUp");
        await Expect(visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Log out" })).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(visit.Page.GetByLabel("Key", new() { Exact = true })).ToBeFocusedAsync();
        visit.NothingWrong();

        async Task ReachAsync(string name, string key)
        {
            var passed = new List<string>();
            while (passed.Count < 60)
            {
                await keys.PressAsync(key);
                passed.Add(await visit.Page.EvaluateAsync<string>(Focused));
                if (passed[^1].StartsWith(name, StringComparison.Ordinal))
                {
                    return;
                }
            }

            Assert.Fail($"'{name}' cannot be reached by {key}: {string.Join(", ", passed)}");
        }
    }

    [Fact]
    public async Task The_first_step_leads_past_the_list()
    {
        await using var visit = await Visit.OpenAsync(chromium, site, path: "/import");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Import" })).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the conversation" })).ToBeFocusedAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the conversation" })).ToBeInViewportAsync();
        visit.NothingWrong();
    }
}
