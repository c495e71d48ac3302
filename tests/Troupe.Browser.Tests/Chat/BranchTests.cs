using Microsoft.Playwright;

namespace Troupe.Browser.Tests.Chat;

public sealed class BranchTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task Editing_begins_a_branch_and_one_can_go_back()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("A first question");
        await visit.TalkAsync("A second question", 2);

        await visit.Said.First.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await visit.Page.GetByLabel("Edit your message").FillAsync("Another first question");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Send as a new branch" }).ClickAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Another first question"]);
        await visit.SettledAsync();
        var branches = visit.Page.GetByRole(AriaRole.Group, new() { Name = "Branch 2 of 2" });
        await branches.GetByRole(AriaRole.Button, new() { Name = "Branch before" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["A first question", "A second question"]);

        // The choice is the server's too.
        await visit.Page.ReloadAsync();
        await Expect(visit.Words).ToHaveTextAsync(["A first question", "A second question"]);
        await visit.TalkAsync("A third question", 3);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Branch after" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Another first question"]);
        visit.NothingWrong();
    }

    [Fact]
    public async Task Another_answer_stands_beside_the_first()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Roll a die");
        var reply = site.Model.Hold("Roll a die");

        await visit.Replies.GetByRole(AriaRole.Button, new() { Name = "Regenerate" }).ClickAsync();
        await reply.EndAsync("Six");

        await Expect(visit.Words).ToHaveTextAsync(["Six"]);
        await visit.SettledAsync();
        await Expect(visit.Said).ToHaveCountAsync(1);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Branch before" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Roll a die"]);
        await Expect(visit.Page.GetByRole(AriaRole.Group, new() { Name = "Branch 1 of 2" })).ToBeVisibleAsync();
        Assert.Equal(["user: Roll a die", "assistant: Roll a die", "assistant: Six"], await visit.HeldAsync(await visit.SessionAsync()));
        visit.NothingWrong();
    }
}
