using Microsoft.Playwright;

namespace Troupe.Browser.Tests.Chat;

/// <summary>Nothing that was typed is lost, and nothing is done twice: without a server, without a network, without the tab.</summary>
public sealed class OutboxTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task A_server_that_is_killed_in_mid_answer_completes_it_when_it_is_back()
    {
        await using var own = await Site.OpenAsync();
        await using var visit = await Visit.OpenAsync(chromium, own);
        var cut = own.Model.Hold("Tell me everything");
        var whole = own.Model.Hold("Tell me everything");
        await visit.SayAsync("Tell me everything");
        await cut.SayAsync("It began ");
        await Expect(visit.Replies).ToHaveTextAsync("It began");
        var session = await visit.SessionAsync();

        await own.KillAsync();
        await cut.GoneAsync();
        await Expect(visit.Page.Locator(".banner")).ToContainTextAsync("The connection is lost.");
        await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await own.StartAsync();
        await whole.SayAsync("It began ");
        await whole.EndAsync("long ago.");

        await Expect(visit.Words).ToHaveTextAsync(["It began long ago."]);
        await visit.SettledAsync();
        await Expect(visit.Said).ToHaveCountAsync(1);
        await Expect(visit.Page.Locator(".banner")).ToHaveCountAsync(0);
        await visit.Page.ReloadAsync();
        await Expect(visit.Words).ToHaveTextAsync(["It began long ago."]);
        Assert.Equal(["user: Tell me everything", "assistant: It began long ago."], await visit.HeldAsync(session));
    }

    [Fact]
    public async Task What_is_typed_without_a_network_is_sent_once_and_in_order_after_the_tab_was_closed()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Still online");
        var session = await visit.SessionAsync();
        await visit.WorkerAsync();

        await visit.Context.SetOfflineAsync(true);
        string[] messages = ["First without a network", "Second without a network", "Third without a network"];
        foreach (var message in messages)
        {
            await visit.SayAsync(message);
        }

        await Expect(visit.Pending).ToHaveCountAsync(3);
        await Expect(visit.Pending.First).ToContainTextAsync("It is sent when you are back online.");
        await visit.Page.CloseAsync();

        // The page opens without a network, with what was read and what waits.
        await visit.ReopenAsync($"/chat/{session}");
        await Expect(visit.Words).ToHaveTextAsync(["Still online"]);
        await Expect(visit.Pending.Locator(".bubble")).ToHaveTextAsync(messages);
        await visit.PictureAsync("offline");
        await visit.Page.CloseAsync();
        await visit.Context.SetOfflineAsync(false);

        await visit.ReopenAsync($"/chat/{session}");
        await Expect(visit.Words).ToHaveTextAsync(["Still online", .. messages]);
        await visit.SettledAsync();
        Assert.Equal(Visit.Echoed(["Still online", .. messages]), await visit.HeldAsync(session));
        Assert.All(messages, m => Assert.Single(site.Model.Asked, a => a == m));
    }

    [Fact]
    public async Task What_is_typed_while_the_server_is_away_is_sent_once_and_in_order_after_the_tab_was_closed()
    {
        await using var own = await Site.OpenAsync();
        await using var visit = await Visit.OpenAsync(chromium, own);
        await visit.TalkAsync("Still there");
        var session = await visit.SessionAsync();
        await visit.WorkerAsync();

        await own.KillAsync();
        string[] messages = ["First to nobody", "Second to nobody", "Third to nobody"];
        foreach (var message in messages)
        {
            await visit.SayAsync(message);
        }

        await Expect(visit.Pending).ToHaveCountAsync(3);
        await visit.Page.CloseAsync();
        await visit.ReopenAsync($"/chat/{session}");
        await Expect(visit.Pending).ToHaveCountAsync(3);
        await own.StartAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Still there", .. messages]);
        await visit.SettledAsync();
        Assert.Equal(Visit.Echoed(["Still there", .. messages]), await visit.HeldAsync(session));
    }

    [Fact]
    public async Task A_conversation_that_is_begun_without_a_network_is_made_once()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await Expect(visit.Composer).ToBeVisibleAsync();
        await visit.WorkerAsync();
        await visit.Context.SetOfflineAsync(true);
        await visit.SayAsync("Begun without a network");
        await Expect(visit.Pending).ToHaveCountAsync(1);
        await visit.SayAsync("And gone on");
        await Expect(visit.Pending).ToHaveCountAsync(2);
        await visit.Page.ReloadAsync();
        await Expect(visit.Pending).ToHaveCountAsync(2);

        await visit.Context.SetOfflineAsync(false);
        var session = await visit.SessionAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Begun without a network", "And gone on"]);
        await visit.SettledAsync();
        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(1);
        Assert.Equal(4, (await visit.HeldAsync(session)).Length);
    }

    [Fact]
    public async Task A_message_that_is_refused_steps_aside_and_can_be_sent_again()
    {
        await using var own = await Site.OpenAsync(("TROUPE_MAX_MESSAGE", "20"));
        await using var visit = await Visit.OpenAsync(chromium, own);
        await visit.TalkAsync("Hello");
        var session = await visit.SessionAsync();

        await visit.SayAsync("This is longer than twenty letters.");
        var refused = visit.Pending.Filter(new() { HasText = "Not sent" });
        await Expect(refused).ToContainTextAsync("at most 20 are taken");
        await visit.SayAsync("Short");

        await Expect(visit.Words).ToHaveTextAsync(["Hello", "Short"]);
        await Expect(refused).ToHaveCountAsync(1);
        await visit.Page.ReloadAsync();
        await Expect(refused).ToHaveCountAsync(1);
        await own.KillAsync();
        await own.StartAsync(("TROUPE_MAX_MESSAGE", "200"));
        await refused.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Hello", "Short", "This is longer than twenty letters."]);
        await visit.SettledAsync();
        Assert.Equal(6, (await visit.HeldAsync(session)).Length);
    }

    [Fact]
    public async Task A_login_that_ends_loses_nothing_that_was_typed()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Hello");
        await visit.Context.ClearCookiesAsync();
        await visit.Composer.FillAsync("Said by nobody");
        await visit.Page.Keyboard.PressAsync("Enter");

        await Expect(visit.Page.GetByText("Your login has ended.")).ToBeVisibleAsync();
        await visit.Page.GetByLabel("Key").FillAsync(visit.Token);
        await visit.Page.GetByLabel("Key").PressAsync("Enter");

        await Expect(visit.Words).ToHaveTextAsync(["Hello", "Said by nobody"]);
        await visit.SettledAsync();
        Assert.Equal(4, (await visit.HeldAsync(await visit.SessionAsync())).Length);
    }
}
