using System.Net;
using Microsoft.Playwright;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests.Performance;

public sealed class PerformanceTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task What_the_server_does_is_drawn_as_it_happens_with_a_table_behind()
    {
        await using var visit = await OpenAsync();
        var turns = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Turns", Exact = true });
        await Expect(turns.Locator("canvas")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator(".plot")).ToHaveCountAsync(8);
        await turns.GetByText("As a table").ClickAsync();
        await Expect(turns.GetByRole(AriaRole.Row)).Not.ToHaveCountAsync(1);
        await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Models", Exact = true })).ToContainTextAsync("m");
        await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Caches", Exact = true })).ToContainTextAsync("answers");

        // The plots are made of one connection.
        Assert.Single(visit.Asked, a => a.EndsWith("/api/v1/performance/stream", StringComparison.Ordinal));
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_turn_that_runs_is_shown_without_its_words_and_can_be_stopped()
    {
        await using var person = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("A private question that takes long");
        await person.SayAsync("A private question that takes long");
        await reply.SayAsync("Hm ");
        await using var visit = await OpenAsync();
        var me = await person.Page.Locator(".owner").InnerTextAsync();
        var row = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Running turns" }).GetByRole(AriaRole.Row).Filter(new() { HasText = me });
        await Expect(row).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("private question")).ToHaveCountAsync(0);

        await row.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await reply.GoneAsync();
        await Expect(row).ToHaveCountAsync(0);
        await Expect(person.Words).ToHaveTextAsync(["Hm"]);
        await person.SettledAsync();
        visit.NothingWrong();
    }

    [Fact]
    public async Task Clearing_a_cache_asks_first()
    {
        await using var visit = await OpenAsync();
        await visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "answers" }).GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        var question = visit.Page.GetByRole(AriaRole.Dialog);
        await Expect(question).ToContainTextAsync("Clear the cache 'answers'?");
        await Expect(question.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(question).ToHaveCountAsync(0);
        Assert.DoesNotContain(visit.Asked, a => a.EndsWith("/cache/clear", StringComparison.Ordinal));

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Clear all caches" }).ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await Expect(visit.Page.GetByText("All caches are empty.")).ToBeVisibleAsync();
        Assert.Single(visit.Asked, a => a.EndsWith("/cache/clear", StringComparison.Ordinal));
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_key_is_made_shown_once_and_revoked()
    {
        await using var visit = await OpenAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make a key" }).ClickAsync();
        await visit.Page.GetByLabel("Owner").FillAsync("grace");
        await visit.Page.GetByLabel("Name, for people").FillAsync("the key of grace");
        await visit.Page.GetByLabel("Requests a minute, empty for no limit").FillAsync("60");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        var secret = await visit.Page.Locator(".secret").InnerTextAsync();
        using var client = new HttpClient { BaseAddress = new Uri(site.Url), Timeout = Limits.Wait };
        client.DefaultRequestHeaders.Authorization = new("Bearer", secret.Trim());
        Assert.Equal("grace", (await client.GetJsonAsync("/api/v1/me")).Text("owner"));

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "I have kept it" }).ClickAsync();
        Assert.DoesNotContain(secret.Trim(), await visit.Page.ContentAsync(), StringComparison.Ordinal);
        var row = visit.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "the key of grace" });
        await Expect(row).ToContainTextAsync("60 a minute");
        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();

        await Expect(row).ToContainTextAsync("revoked");
        await (await client.GetAsync("/api/v1/me", Limits.Token)).ProblemAsync(HttpStatusCode.Unauthorized, "key_unknown");
        visit.NothingWrong();
    }

    [Fact]
    public async Task Who_is_no_operator_sees_nothing_of_it()
    {
        await using var visit = await Visit.OpenAsync(chromium, site, path: "/performance");
        await Expect(visit.Composer).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Performance" })).ToHaveCountAsync(0);
        Assert.DoesNotContain(visit.Asked, a => a.Contains("/api/v1/performance", StringComparison.Ordinal));
        visit.NothingWrong();
    }

    private Task<Visit> OpenAsync() => Visit.OpenAsync(chromium, site, path: "/performance", scopes: ["chat", "admin"]);
}
