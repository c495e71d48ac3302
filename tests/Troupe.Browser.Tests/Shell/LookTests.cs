using Microsoft.Playwright;

namespace Troupe.Browser.Tests.Shell;

/// <summary>Every page in both looks, on a desk and on a phone: for who sees and who does not, no wider than the screen, and within the server's policy.</summary>
public sealed class LookTests(Chromium chromium, Site site)
{
    private const string Rich =
        """
        ## What a session is

        A session is **one conversation** of one owner with one agent, kept as a log of *entries*:

        1. the log only grows, so nothing said is lost;
        2. each entry names its parent, which makes branches;
        3. a turn that a crash cut off runs anew under the same key.

        ```csharp
        var session = await runtime.Sessions.CreateAsync("ada", "assistant", Durability.Durable, cancellationToken: cancellationToken);
        ```

        | entry | parent | role |
        |------:|-------:|------|
        | 1 | 0 | user |
        | 2 | 1 | assistant |

        > A summary of $n$ entries costs $O(n)$ once. See [the guide](https://guide.example/sessions) or `troupe chat --help`.
        """;

    [Theory]
    [InlineData(ColorScheme.Light, false)]
    [InlineData(ColorScheme.Dark, false)]
    [InlineData(ColorScheme.Light, true)]
    [InlineData(ColorScheme.Dark, true)]
    public async Task Every_page_can_be_used_by_everybody(ColorScheme look, bool isPhone)
    {
        var options = isPhone
            ? new BrowserNewContextOptions { ViewportSize = new() { Width = 360, Height = 740 }, IsMobile = true, HasTouch = true, DeviceScaleFactor = 2, ColorScheme = look }
            : new() { ColorScheme = look };
        await using var visit = await Visit.BeginAsync(chromium, site.Url, await site.NewKeyAsync("chat", "admin"), options);
        var place = $"{(isPhone ? "phone" : "desk")}-{look.ToString().ToLowerInvariant()}";
        await visit.Page.GotoAsync("/");
        await Expect(visit.Page.GetByLabel("Key")).ToBeVisibleAsync();
        await LookAsync("login");

        await visit.LogInAsync();
        await visit.Page.GotoAsync("/");
        await Expect(visit.Composer).ToBeVisibleAsync();
        await Expect(visit.Page.Locator(".suggestions li")).Not.ToHaveCountAsync(0);
        await LookAsync("new");

        await visit.Page.GotoAsync("/import");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Import" })).ToBeVisibleAsync();
        await LookAsync("import");

        await visit.Page.GotoAsync("/");
        var reply = site.Model.Hold("What is a session?");
        await visit.SayAsync("What is a session?");
        await reply.SayAsync("A moment");
        await Expect(visit.Replies).ToHaveTextAsync("A moment");
        await LookAsync("answering");
        await reply.EndAsync(", please.");
        await visit.SettledAsync();
        var rich = site.Model.Hold("And in detail?");
        await visit.SayAsync("And in detail?");
        await rich.EndAsync(Rich);
        await visit.SettledAsync();
        await Expect(visit.Words.Last.Locator("blockquote")).ToBeVisibleAsync();
        await LookAsync("conversation");

        await OpenSidebarAsync();
        await visit.Page.Locator(".session").GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Rename" })).ToBeFocusedAsync();
        await LookAsync("menu");
        await visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Rename" }).ClickAsync();
        await LookAsync("dialog");

        await visit.Page.GotoAsync("/performance");
        await Expect(visit.Page.Locator(".plot").First).ToBeVisibleAsync();
        await visit.Page.Locator(".plot").First.GetByText("As a table").ClickAsync();
        await LookAsync("performance");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make a key" }).ClickAsync();
        await LookAsync("key");

        await visit.Page.GotoAsync("/chat/00000000000000000000000000000000");
        await Expect(visit.Page.GetByText("This conversation is not there")).ToBeVisibleAsync();
        await LookAsync("absent");
        visit.NothingWrong();

        async Task LookAsync(string page)
        {
            await visit.PictureAsync($"{page}-{place}");
            var wide = await visit.Page.EvaluateAsync<string[]>(
                "[document.documentElement, ...document.querySelectorAll('body, main, .page, .sidebar, .thread, dialog[open] .dialog')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map(e => `${e.tagName} ${e.className} ${e.scrollWidth} > ${e.clientWidth}`)");
            Assert.True(wide.Length == 0, $"{page}, {place}: {string.Join("; ", wide)}");
            await Axe.CheckAsync(visit.Page, $"{page}, {place}");
        }

        async Task OpenSidebarAsync()
        {
            if (isPhone)
            {
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Open the list of conversations" }).ClickAsync();
                await Expect(visit.Page.GetByRole(AriaRole.Navigation)).ToBeInViewportAsync();
            }
        }
    }

    [Fact]
    public async Task On_a_phone_the_list_comes_in_from_the_side_and_leaves()
    {
        await using var visit = await Visit.OpenAsync(chromium, site, new() { ViewportSize = new() { Width = 360, Height = 740 }, IsMobile = true, HasTouch = true });
        await visit.TalkAsync("Hello from a phone");
        var list = visit.Page.Locator(".sidebar");
        var opener = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Open the list of conversations" });
        await Expect(list).ToBeHiddenAsync();

        await opener.TapAsync();
        await Expect(list).ToBeVisibleAsync();
        await visit.Page.Touchscreen.TapAsync(350, 400);
        await Expect(list).ToBeHiddenAsync();
        await opener.TapAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "New" }).TapAsync();
        await Expect(list).ToBeHiddenAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Assistant" })).ToBeVisibleAsync();
        await opener.TapAsync();
        await visit.Page.Locator(".session a").TapAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Hello from a phone"]);
        await Expect(list).ToBeHiddenAsync();

        // What one opens can be closed by the key that closes things.
        await opener.TapAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(list).ToBeHiddenAsync();
        visit.NothingWrong();
    }

    [Fact]
    public async Task The_look_can_be_chosen_and_stays()
    {
        await using var visit = await Visit.OpenAsync(chromium, site, new() { ColorScheme = ColorScheme.Light });
        await Expect(visit.Composer).ToBeVisibleAsync();
        var light = await GroundAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = Patterns.Account }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Dark" }).ClickAsync();
        var dark = await GroundAsync();

        await visit.Page.ReloadAsync();
        await Expect(visit.Composer).ToBeVisibleAsync();
        Assert.NotEqual(light, dark);
        Assert.Equal(dark, await GroundAsync());
        await visit.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = Patterns.Account }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Light" }).ClickAsync();
        Assert.Equal(light, await GroundAsync());
        visit.NothingWrong();

        Task<string> GroundAsync() => visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
    }
}
