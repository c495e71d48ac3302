using Microsoft.Playwright;
using Troupe.Server.Tests;

namespace Troupe.Browser.Tests.Login;

public sealed class LoginTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task The_link_that_the_server_prints_logs_in_once()
    {
        await using var own = await Site.OpenAsync();
        var link = own.Output.Split('\n').Select(l => l.Trim()).Single(l => l.Contains("#login=", StringComparison.Ordinal));
        await using var visit = await Visit.BeginAsync(chromium, own.Url);

        await visit.Page.GotoAsync(link);

        await Expect(visit.Composer).ToBeVisibleAsync();
        Assert.DoesNotContain("login", visit.Page.Url, StringComparison.Ordinal);

        await using var other = await Visit.BeginAsync(chromium, own.Url);
        await other.Page.GotoAsync(link);

        await Expect(other.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("was used already");
        await Expect(other.Page.GetByLabel("Key")).ToBeVisibleAsync();

        // To whom it has logged in before, a link that was used up is no harm.
        await visit.Page.GotoAsync("about:blank");
        await visit.Page.GotoAsync(link);
        await Expect(visit.Composer).ToBeVisibleAsync();
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_key_in_the_form_logs_in_and_a_wrong_one_is_told_in_words()
    {
        await using var visit = await Visit.BeginAsync(chromium, site.Url, await site.NewKeyAsync());
        await visit.Page.GotoAsync("/");
        var key = visit.Page.GetByLabel("Key");

        await key.FillAsync("not-a-key-of-anybody");
        await key.PressAsync("Enter");

        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The key is unknown or was revoked.");
        await Expect(key).ToHaveAttributeAsync("aria-invalid", "true");

        await key.FillAsync(visit.Token);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();

        await Expect(visit.Composer).ToBeVisibleAsync();
        var cookie = Assert.Single(await visit.Context.CookiesAsync());
        Assert.True(cookie is { HttpOnly: true, SameSite: SameSiteAttribute.Strict });
        Assert.Equal("", await visit.Page.EvaluateAsync<string>("document.cookie"));
        visit.NothingWrong();
    }

    [Fact]
    public async Task Who_fails_too_often_is_told_to_wait()
    {
        // The count is of the address, which the other tests share.
        await using var own = await Site.OpenAsync();
        await using var visit = await Visit.BeginAsync(chromium, own.Url);
        using var client = own.Client();
        for (var i = 0; i < 9; i++)
        {
            await (await client.SendAsync(HttpMethod.Post, "/api/v1/login", """{"key":"not-a-key-of-anybody"}""")).ProblemAsync(System.Net.HttpStatusCode.Unauthorized, "key_unknown");
        }

        await visit.Page.GotoAsync("/");
        for (var i = 0; i < 2; i++)
        {
            await visit.Page.GetByLabel("Key").FillAsync($"not-a-key-{i}");
            await visit.Page.GetByLabel("Key").PressAsync("Enter");
            await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync(i == 0 ? "unknown" : "Too many logins have failed. Wait some minutes");
        }
    }

    [Fact]
    public async Task Logging_out_ends_the_login_and_clears_what_the_browser_kept()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("A secret of mine");
        var session = await visit.SessionAsync();
        await visit.WorkerAsync();
        await visit.Composer.FillAsync("A draft that nobody shall read");

        await visit.LogOutAsync();

        await Expect(visit.Page.GetByLabel("Key")).ToBeVisibleAsync();
        Assert.Empty(await visit.KeptAsync());
        var me = await visit.Context.APIRequest.GetAsync("/api/v1/me");
        Assert.Equal(401, me.Status);
        await visit.Page.GotoAsync($"/chat/{session}");
        await Expect(visit.Page.GetByLabel("Key")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("secret")).ToHaveCountAsync(0);
        visit.NothingWrong();
    }

    [Fact]
    public async Task Who_says_so_logs_out_and_discards_what_was_not_sent()
    {
        await using var own = await Site.OpenAsync(("TROUPE_MAX_MESSAGE", "20"));
        await using var visit = await Visit.OpenAsync(chromium, own);
        await visit.TalkAsync("Hello");
        await visit.SayAsync("This is longer than twenty letters.");
        await Expect(visit.Pending).ToContainTextAsync("Not sent");

        await visit.LogOutAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log out and discard" }).ClickAsync();

        await Expect(visit.Page.GetByLabel("Key", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Empty(await visit.KeptAsync());
        await visit.LogInAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Hello"]);
        await Expect(visit.Pending).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Logging_out_asks_before_it_discards_what_was_not_sent()
    {
        await using var own = await Site.OpenAsync();
        await using var visit = await Visit.OpenAsync(chromium, own);
        await visit.TalkAsync("Hello");
        await own.KillAsync();
        await visit.SayAsync("Not sent yet");
        await Expect(visit.Pending).ToHaveCountAsync(1);

        await visit.LogOutAsync();

        var question = visit.Page.GetByRole(AriaRole.Dialog);
        await Expect(question).ToContainTextAsync("One message waits in this browser to be sent.");
        await question.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(visit.Pending).ToHaveCountAsync(1);

        await own.StartAsync();
        await visit.SettledAsync();
        await Expect(visit.Said).ToHaveCountAsync(2);
    }
}
