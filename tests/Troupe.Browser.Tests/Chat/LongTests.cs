using System.Globalization;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests.Chat;

public sealed class LongTests(Chromium chromium, Site site)
{
    private const int Entries = 10_000;

    /// <summary>Goes to the top; true while that is not the beginning.</summary>
    private const string ScrollUp =
        """
        async () => {
          const pane = document.querySelector('.thread');
          pane.scrollTop = 0;
          await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          return pane.querySelector('.older') !== null || pane.scrollTop > 0;
        }
        """;

    [Fact]
    public async Task A_session_of_ten_thousand_entries_opens_at_its_end_and_scrolls_to_its_beginning_with_few_elements()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        using var client = visit.Client();
        var entries = Enumerable.Range(1, Entries).Select(i => new { seq = i, parent = i - 1, role = i % 2 == 1 ? "user" : "assistant", text = Line(i) });
        var session = (await client.PostJsonAsync("/api/v1/sessions/import", new { entries, title = "A long one" })).Text("id");

        await visit.Page.GotoAsync($"/chat/{session}");
        await Expect(visit.Page.GetByText(Line(Entries), new() { Exact = true })).ToBeInViewportAsync();
        Assert.InRange(await ElementsAsync(visit), 1, 1000);

        // Up, page after page, as one who drags the bar does. What is read above leaves in its place what is in sight, so the bar is dragged again.
        var first = visit.Page.GetByText(Line(1), new() { Exact = true });
        var limit = Limits.Token;
        while (await visit.Page.EvaluateAsync<bool>(ScrollUp))
        {
            limit.ThrowIfCancellationRequested();
            Assert.InRange(await ElementsAsync(visit), 1, 1000);
        }

        await Expect(first).ToBeInViewportAsync();
        Assert.InRange(await ElementsAsync(visit), 1, 1000);
        await visit.Page.GetByText("Newest").ClickAsync();
        await Expect(visit.Page.GetByText(Line(Entries), new() { Exact = true })).ToBeInViewportAsync();
        visit.NothingWrong();
    }

    private static string Line(int seq) => string.Create(CultureInfo.InvariantCulture, $"Line {seq} of this conversation.");

    private static Task<int> ElementsAsync(Visit visit) => visit.Page.EvaluateAsync<int>("document.querySelectorAll('.thread *').length");
}
