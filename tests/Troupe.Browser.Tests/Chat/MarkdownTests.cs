using System.Text.Json;
using Microsoft.Playwright;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests.Chat;

/// <summary>What a person or a model writes is shown and does nothing.</summary>
public sealed class MarkdownTests(Chromium chromium, Site site)
{
    private const string Pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    /// <summary>Everything in the thread that could act or ask for something.</summary>
    private const string Acting =
        """
        () => {
          const found = [];
          for (const element of document.querySelectorAll('.thread *')) {
            const name = element.tagName.toLowerCase();
            if (/^(script|iframe|object|embed|form|style|link|meta|base|svg|math|video|audio|source|template|marquee|noscript|frame)$/.test(name)) found.push(name);
            for (const { name: attribute, value } of element.attributes) {
              if (/^on|^srcdoc$|^formaction$|^srcset$|^ping$/i.test(attribute)) found.push(`${name} ${attribute}`);
              if (attribute === 'href' && !/^(https?|mailto):/.test(element.protocol + ':') && !/^(https?|mailto):$/.test(element.protocol)) found.push(`${name} href ${value}`);
              if (attribute === 'href' && (element.rel !== 'noopener noreferrer nofollow' || element.target !== '_blank')) found.push(`${name} rel ${value}`);
              if (attribute === 'src' && !/^data:image\/(png|jpeg|gif|webp);base64,/.test(value)) found.push(`${name} src ${value}`);
              if (attribute === 'style' && /url\(/i.test(value)) found.push(`${name} style ${value}`);
            }
          }
          return found;
        }
        """;

    private static readonly string[] Attacks = File.ReadAllText(Path.Combine(House.Root, "tests", "fixtures", "markdown", "attacks.txt")).Split("\n%%\n");

    [Fact]
    public async Task Attacks_in_what_is_said_and_answered_run_nothing_and_fetch_nothing()
    {
        Assert.InRange(Attacks.Length, 60, 1000);
        await using var visit = await Visit.OpenAsync(chromium, site);
        using var client = visit.Client();
        var session = await client.NewSessionAsync();
        foreach (var attack in Attacks)
        {
            Assert.Equal(attack, (await client.PostJsonAsync($"/api/v1/sessions/{session}/turns", new { message = attack })).Text("reply"));
        }

        await visit.Page.GotoAsync($"/chat/{session}");
        await Expect(visit.Said.Last).ToBeVisibleAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var limit = Limits.Token;
        for (var more = true; more;)
        {
            limit.ThrowIfCancellationRequested();
            Assert.Empty(await visit.Page.EvaluateAsync<string[]>(Acting));
            seen.UnionWith(await visit.Page.Locator(".thread-row").EvaluateAllAsync<string[]>("rows => rows.filter(r => r.querySelector('.markdown')).map(r => r.dataset.index)"));
            more = await visit.Page.EvaluateAsync<bool>(
                """
                async () => {
                  const pane = document.querySelector('.thread');
                  const before = pane.scrollTop;
                  pane.scrollTop -= pane.clientHeight / 2;
                  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
                  return before > 0;
                }
                """);
        }

        Assert.Equal(2 * Attacks.Length, seen.Count);
        await DidNothingAsync(visit);
    }

    [Fact]
    public async Task An_attack_that_comes_word_by_word_does_nothing_half_done()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var reply = site.Model.Hold("Attack slowly");
        await visit.SayAsync("Attack slowly");
        var text = string.Join("\n\n", Attacks.Where(a => a.Length < 60).Take(12));
        foreach (var part in text.Chunk(9))
        {
            await reply.SayAsync(new string(part));
            Assert.Empty(await visit.Page.EvaluateAsync<string[]>(Acting));
        }

        await reply.EndAsync();
        await visit.SettledAsync();
        Assert.Empty(await visit.Page.EvaluateAsync<string[]>(Acting));
        await DidNothingAsync(visit);
    }

    [Fact]
    public async Task Code_tables_formulas_links_and_pictures_of_data_are_shown()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);

        await visit.TalkAsync($$"""
            # A heading

            ```python
            print("a < b")
            ```

            | name | value |
            |------|------:|
            | one  | 1 |

            The area is $\pi r^2$, and it costs $5 or $6. See [the site](https://safe.example/a?b=1&c=2), <me@safe.example> or https://bare.example.

            - [x] done

            ![a dot]({{Pixel}}) & that is all: 1 < 2
            """);

        var words = visit.Words;
        await Expect(words.Locator("pre code")).ToHaveTextAsync("print(\"a < b\")");
        await Expect(words.Locator("figcaption")).ToContainTextAsync("python");
        await Expect(words.GetByRole(AriaRole.Cell, new() { Name = "1" })).ToBeVisibleAsync();
        await Expect(words.Locator(".formula")).ToHaveTextAsync(["$\\pi r^2$"]);
        await Expect(words.GetByRole(AriaRole.Link, new() { Name = "the site" })).ToHaveAttributeAsync("href", "https://safe.example/a?b=1&c=2");
        await Expect(words.Locator("a")).ToHaveCountAsync(3);
        await Expect(words.GetByRole(AriaRole.Img, new() { Name = "a dot" })).ToHaveAttributeAsync("src", Pixel);
        await Expect(words.GetByText("& that is all: 1 < 2")).ToBeVisibleAsync();
        Assert.True(await words.GetByRole(AriaRole.Img, new() { Name = "a dot" }).EvaluateAsync<bool>("i => i.complete && i.naturalWidth > 0"));
        await words.GetByRole(AriaRole.Button, new() { Name = "Copy code" }).ClickAsync();
        await Expect(words.GetByText("Copied")).ToBeVisibleAsync();
        Assert.Equal("print(\"a < b\")", await visit.Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        visit.NothingWrong();
    }

    private static async Task DidNothingAsync(Visit visit)
    {
        Assert.Equal(JsonValueKind.Undefined, (await visit.Page.EvaluateAsync<JsonElement?>("window.hacked"))?.ValueKind ?? JsonValueKind.Undefined);
        Assert.Single(visit.Context.Pages);
        visit.NothingWrong();
    }
}
