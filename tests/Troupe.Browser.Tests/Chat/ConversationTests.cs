using Microsoft.Playwright;

namespace Troupe.Browser.Tests.Chat;

public sealed class ConversationTests(Chromium chromium, Site site)
{
    [Fact]
    public async Task Words_appear_as_they_come_and_stay()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("How are you?");
        await visit.SayAsync("How are you?");

        await reply.SayAsync("I am ");
        await Expect(visit.Replies).ToHaveTextAsync("I am");
        await reply.SayAsync("very ");
        await Expect(visit.Replies).ToHaveTextAsync("I am very");
        await reply.EndAsync("well.");
        await visit.SettledAsync();

        await Expect(visit.Words).ToHaveTextAsync(["I am very well."]);
        await Expect(visit.Said.Locator(".bubble")).ToHaveTextAsync("How are you?");
        Assert.Equal(["user: How are you?", "assistant: I am very well."], await visit.HeldAsync(await visit.SessionAsync()));
        visit.NothingWrong();
    }

    [Fact]
    public async Task What_was_said_before_a_stop_stays()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("Count to ten");
        await visit.SayAsync("Count to ten");
        await reply.SayAsync("One, two, ");
        await Expect(visit.Replies).ToHaveTextAsync("One, two,");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await reply.GoneAsync();
        await visit.SettledAsync();

        await Expect(visit.Words).ToHaveTextAsync(["One, two,"]);
        await visit.Page.ReloadAsync();
        await Expect(visit.Words).ToHaveTextAsync(["One, two,"]);
        Assert.Equal(["user: Count to ten", "assistant: One, two, "], await visit.HeldAsync(await visit.SessionAsync()));
        await visit.TalkAsync("Go on", 2);
        visit.NothingWrong();
    }

    [Fact]
    public async Task After_a_refresh_in_mid_answer_every_word_is_there_once()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("Tell me a story");
        await visit.SayAsync("Tell me a story");
        await reply.SayAsync("Once upon ");
        await Expect(visit.Replies).ToHaveTextAsync("Once upon");
        await visit.SessionAsync();

        await visit.Page.ReloadAsync();
        await Expect(visit.Replies).ToHaveTextAsync("Once upon");
        await reply.SayAsync("a time ");
        await Expect(visit.Replies).ToHaveTextAsync("Once upon a time");
        await visit.Page.ReloadAsync();
        await reply.EndAsync("there was a log.");
        await visit.SettledAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Once upon a time there was a log."]);
        await Expect(visit.Said).ToHaveCountAsync(1);
        Assert.Equal(["user: Tell me a story", "assistant: Once upon a time there was a log."], await visit.HeldAsync(await visit.SessionAsync()));
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_message_is_there_once_when_the_page_is_left_while_it_is_sent()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("Sent in haste");
        await visit.Composer.FillAsync("Sent in haste");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Composer).ToBeEmptyAsync();
        await visit.Page.ReloadAsync();
        await reply.EndAsync("Got it.");

        await Expect(visit.Page.Locator(".session")).ToHaveCountAsync(1);
        await visit.Page.Locator(".session a").ClickAsync();
        await visit.SettledAsync();
        await Expect(visit.Words).ToHaveTextAsync(["Got it."]);
        Assert.Equal(["user: Sent in haste", "assistant: Got it."], await visit.HeldAsync(await visit.SessionAsync()));
        visit.NothingWrong();
    }

    [Fact]
    public async Task Two_tabs_show_one_session()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("For both");
        await visit.SayAsync("For both");
        await reply.SayAsync("First ");
        await Expect(visit.Replies).ToHaveTextAsync("First");

        var other = await visit.NewTabAsync($"/chat/{await visit.SessionAsync()}");
        var replies = other.Locator("article[aria-label='Agent'] .markdown");
        await Expect(replies).ToHaveTextAsync(["First"]);
        await reply.SayAsync("second ");
        await Expect(replies).ToHaveTextAsync(["First second"]);
        await Expect(visit.Words).ToHaveTextAsync(["First second"]);
        await reply.EndAsync("third");
        await visit.SettledAsync();

        // What one tab says, the other shows.
        var box = other.GetByRole(AriaRole.Textbox, new() { NameRegex = Patterns.Message });
        await box.FillAsync("From the other");
        await box.PressAsync("Enter");
        await Expect(visit.Words).ToHaveTextAsync(["First second third", "From the other"]);
        await Expect(replies).ToHaveTextAsync(["First second third", "From the other"]);
        await Expect(other.Locator("article.pending")).ToHaveCountAsync(0);
        await Expect(visit.Pending).ToHaveCountAsync(0);
        Assert.Equal(4, (await visit.HeldAsync(await visit.SessionAsync())).Length);
        visit.NothingWrong();
    }

    [Fact]
    public async Task What_is_said_while_an_answer_comes_waits_and_can_be_taken_back()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("Take your time");
        await visit.SayAsync("Take your time");
        await reply.SayAsync("Well ");
        await Expect(visit.Replies).ToHaveTextAsync("Well");

        await visit.SayAsync("Wait for it");
        await visit.SayAsync("Never mind");
        await Expect(visit.Pending).ToHaveCountAsync(2);
        await visit.Pending.Nth(1).GetByRole(AriaRole.Button, new() { Name = "Take it back" }).ClickAsync();
        await Expect(visit.Pending).ToHaveCountAsync(1);
        await visit.SayAsync("And then this");
        await visit.Pending.Nth(0).GetByRole(AriaRole.Button, new() { Name = "Take it back" }).ClickAsync();
        await Expect(visit.Pending).ToHaveCountAsync(1);
        await reply.EndAsync("yes.");
        await visit.SettledAsync();

        await Expect(visit.Words).ToHaveTextAsync(["Well yes.", "And then this"]);
        Assert.Equal(["user: Take your time", "assistant: Well yes.", "user: And then this", "assistant: And then this"], await visit.HeldAsync(await visit.SessionAsync()));
        Assert.DoesNotContain("Wait for it", site.Model.Asked);
        Assert.DoesNotContain("Never mind", site.Model.Asked);
        visit.NothingWrong();
    }

    [Fact]
    public async Task The_details_of_an_answer_are_there_for_who_asks()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.TalkAsync("Details, please");

        await visit.Replies.GetByRole(AriaRole.Button, new() { Name = "More about this reply" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Details" }).ClickAsync();

        var details = visit.Page.Locator("dl.details");
        await Expect(details).ToContainTextAsync("durable");
        await Expect(details).ToContainTextAsync("completed");
        await Expect(details).ToContainTextAsync("no");
        visit.NothingWrong();
    }
}
