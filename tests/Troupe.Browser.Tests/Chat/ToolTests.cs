using Microsoft.Playwright;
using Troupe.Server.Tests;
using Troupe.Server.Tests.Cli;

namespace Troupe.Browser.Tests.Chat;

public sealed class ToolTests(Chromium chromium)
{
    [Fact]
    public async Task A_tool_that_needs_a_yes_is_asked_about_and_its_call_is_shown_folded()
    {
        await using var stage = await ToolStage.OpenAsync(needsApproval: true);
        await using var server = await stage.StartAsync(("TROUPE_PAGE", Site.PageFolder));
        await using var visit = await Visit.OpenAsync(chromium, server.Url, ServerProcess.ApiKey);
        await visit.Page.GetByRole(AriaRole.Radio, new() { NameRegex = Patterns.Guide }).CheckAsync();

        await visit.SayAsync("push bell");
        var question = visit.Page.GetByRole(AriaRole.Region, new() { Name = "May lab__push run?" });
        await Expect(question).ToContainTextAsync("\"what\": \"bell\"");
        Assert.Equal(0, stage.Effects("bell"));

        // The question is still there for who comes back.
        await visit.SessionAsync();
        await visit.Page.ReloadAsync();
        await visit.PictureAsync("approval");
        await question.GetByRole(AriaRole.Button, new() { Name = "Yes, run it" }).ClickAsync();

        await Expect(visit.Words).ToHaveTextAsync(["It said: pushed bell"]);
        await visit.SettledAsync();
        Assert.Equal(1, stage.Effects("bell"));
        var call = visit.Replies.Locator("details.tool");
        await Expect(call.Locator("summary")).ToContainTextAsync("lab__push done");
        await Expect(call.GetByText("\"what\": \"bell\"")).ToBeHiddenAsync();
        await call.Locator("summary").ClickAsync();
        await Expect(call.GetByText("\"what\": \"bell\"")).ToBeVisibleAsync();
        await Expect(call.GetByText("pushed bell")).ToBeVisibleAsync();
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_no_keeps_the_tool_from_running()
    {
        await using var stage = await ToolStage.OpenAsync(needsApproval: true);
        await using var server = await stage.StartAsync(("TROUPE_PAGE", Site.PageFolder));
        await using var visit = await Visit.OpenAsync(chromium, server.Url, ServerProcess.ApiKey);
        await visit.Page.GetByRole(AriaRole.Radio, new() { NameRegex = Patterns.Guide }).CheckAsync();
        await visit.SayAsync("push bell");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "No", Exact = true }).ClickAsync();

        await visit.SettledAsync();
        await Expect(visit.Replies.Locator("details.tool summary")).ToContainTextAsync("declined");
        Assert.Equal(0, stage.Effects("bell"));
        visit.NothingWrong();
    }
}
