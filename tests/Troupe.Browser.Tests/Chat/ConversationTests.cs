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

        await Expect(visit.Replies.Locator(".markdown")).ToHaveTextAsync("I am very well.");
        await Expect(visit.Said.Locator(".bubble")).ToHaveTextAsync("How are you?");
        Assert.Equal(["user: How are you?", "assistant: I am very well."], await visit.HeldAsync(await visit.SessionAsync()));
        visit.NothingWrong();
    }
}
