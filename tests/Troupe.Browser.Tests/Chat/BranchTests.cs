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

    [Fact]
    public async Task A_branch_is_deleted_for_good_after_a_question()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Keep this");
        await visit.TalkAsync("Something to regret", 2);
        await visit.Said.Nth(1).GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await visit.Page.GetByLabel("Edit your message").FillAsync("Something better");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Send as a new branch" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Keep this", "Something better"]);
        await visit.SettledAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Branch before" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Keep this", "Something to regret"]);

        await visit.Said.Nth(1).GetByRole(AriaRole.Button, new() { Name = "Delete branch" }).ClickAsync();
        var question = visit.Page.GetByRole(AriaRole.Dialog);
        await Expect(question).ToContainTextAsync("Delete this branch?");
        await question.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Keep this", "Something to regret"]);
        await visit.Said.Nth(1).GetByRole(AriaRole.Button, new() { Name = "Delete branch" }).ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Delete the branch" }).ClickAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Keep this", "Something better"]);
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Branch before" })).ToHaveCountAsync(0);
        Assert.Equal(
            ["user: Keep this", "assistant: Keep this", "erased: ", "erased: ", "user: Something better", "assistant: Something better"], await visit.HeldAsync(await visit.SessionAsync()));

        // Nothing of it is in this browser either.
        await Expect(visit.Page.GetByText("The branch is deleted.")).ToBeVisibleAsync();
        Assert.DoesNotContain(await visit.KeptAsync(), k => k.Contains("regret", StringComparison.Ordinal));
        await visit.Page.ReloadAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Keep this", "Something better"]);
        await visit.TalkAsync("And on", 3);
        visit.NothingWrong();
    }

    [Fact]
    public async Task Of_two_answers_one_is_deleted()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Say something");
        var reply = site.Model.Hold("Say something");
        await visit.Replies.GetByRole(AriaRole.Button, new() { Name = "Regenerate" }).ClickAsync();
        await reply.EndAsync("Something rude");
        await Expect(visit.Words).ToHaveTextAsync(["Something rude"]);
        await visit.SettledAsync();

        await visit.Replies.GetByRole(AriaRole.Button, new() { Name = "More about this reply" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete branch" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete the branch" }).ClickAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Say something"]);
        Assert.Equal(["user: Say something", "assistant: Say something", "erased: "], await visit.HeldAsync(await visit.SessionAsync()));
        await visit.TalkAsync("And on", 2);
        visit.NothingWrong();
    }
}
