using System.Collections.Concurrent;
using Microsoft.Playwright;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests;

/// <summary>Somebody at the page, with a browser that nobody has used before: what is asked for, refused by the policy, thrown and popped up is written down.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly string _url;
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentQueue<string> _wrong = new();

    private Visit(IBrowserContext context, string url, string token)
    {
        Context = context;
        _url = url;
        Token = token;
    }

    public IBrowserContext Context { get; }

    public string Token { get; }

    public IPage Page { get; private set; } = null!;

    /// <summary>Every address that was asked for, by pages and by their worker.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    /// <summary>The field that one writes in.</summary>
    public ILocator Composer => Page.GetByRole(AriaRole.Textbox, new() { NameRegex = Patterns.Message });

    /// <summary>What the person said, as far as the server holds it.</summary>
    public ILocator Said => Page.Locator("article[aria-label='You']");

    /// <summary>What was answered, or is being answered.</summary>
    public ILocator Replies => Page.Locator("article[aria-label='Agent']");

    /// <summary>The words of the answers.</summary>
    public ILocator Words => Page.Locator("article[aria-label='Agent'] > .markdown");

    /// <summary>What is kept in the browser and not the server's yet.</summary>
    public ILocator Pending => Page.Locator("article.pending");

    /// <summary>A browser at a server, not logged in and with no page open.</summary>
    public static async Task<Visit> BeginAsync(Chromium chromium, string url, string token = "", BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.BaseURL = url;
        options.ViewportSize ??= new() { Width = 1280, Height = 850 };
        var context = await chromium.Browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)Limits.Wait.TotalMilliseconds);
        var visit = new Visit(context, url, token);
        context.Request += (_, request) => visit._asked.Enqueue(request.Url);
        context.Dialog += (_, dialog) =>
        {
            visit._wrong.Enqueue($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        context.WebError += (_, error) => visit._wrong.Enqueue($"thrown: {error.Error}");
        context.Console += (_, message) =>
        {
            // An answer that is no success, or none, is told by the page itself; here it is the browser's note of it.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                visit._wrong.Enqueue($"console: {message.Text}");
            }
        };
        visit.Page = await context.NewPageAsync();
        return visit;
    }

    /// <summary>A person with a new key, logged in, at the page's beginning.</summary>
    public static async Task<Visit> OpenAsync(Chromium chromium, Site site, BrowserNewContextOptions? options = null, string path = "/", params string[] scopes) =>
        await OpenAsync(chromium, site.Url, await site.NewKeyAsync(scopes), options, path);

    /// <summary>A person with a key, logged in, at the page's beginning.</summary>
    public static async Task<Visit> OpenAsync(Chromium chromium, string url, string token, BrowserNewContextOptions? options = null, string path = "/")
    {
        var visit = await BeginAsync(chromium, url, token, options);
        await visit.LogInAsync();
        await visit.Page.GotoAsync(path);
        return visit;
    }

    /// <summary>Logs the browser in, as the form does.</summary>
    public async Task LogInAsync()
    {
        var answer = await Context.APIRequest.PostAsync("/api/v1/login", new() { DataObject = new { key = Token } });
        Assert.True(answer.Ok, await answer.TextAsync());
    }

    /// <summary>A further tab of the same browser.</summary>
    public async Task<IPage> NewTabAsync(string path)
    {
        var tab = await Context.NewPageAsync();
        await tab.GotoAsync(path);
        return tab;
    }

    /// <summary>The page again, in a tab of its own, after the one before was closed.</summary>
    public async Task ReopenAsync(string path) => Page = await NewTabAsync(path);

    /// <summary>Says something with Enter.</summary>
    public async Task SayAsync(string text)
    {
        await Composer.FillAsync(text);
        await Composer.PressAsync("Enter");
        await Expect(Composer).ToBeEmptyAsync();
    }

    /// <summary>Says something and waits for the whole answer.</summary>
    public async Task TalkAsync(string text, int replies = 1)
    {
        await SayAsync(text);
        await Expect(Replies).ToHaveCountAsync(replies);
        await SettledAsync();
    }

    /// <summary>Waits until nothing is being answered and nothing is on its way.</summary>
    public async Task SettledAsync()
    {
        await Expect(Page.Locator(".message.live")).ToHaveCountAsync(0);
        await Expect(Pending).ToHaveCountAsync(0);
    }

    /// <summary>The session that the address names, once it does.</summary>
    public async Task<string> SessionAsync()
    {
        await Page.WaitForURLAsync(Patterns.SessionAddress);
        return Page.Url[(Page.Url.LastIndexOf('/') + 1)..];
    }

    /// <summary>A client with this person's key.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = new Uri(_url), Timeout = Limits.Wait };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        return client;
    }

    /// <summary>What the server holds of a session, as "role: text", oldest first.</summary>
    public async Task<string[]> HeldAsync(string session)
    {
        using var client = Client();
        return [.. (await client.EntriesAsync(session)).Select(e => $"{e.Text("role")}: {e.Text("text")}")];
    }

    /// <summary>What the server holds where the model said what it was told.</summary>
    public static string[] Echoed(params string[] messages) => [.. messages.SelectMany(m => new[] { $"user: {m}", $"assistant: {m}" })];

    /// <summary>Waits until the worker has the page, so that it opens without a server.</summary>
    public Task WorkerAsync() => Page.EvaluateAsync("async () => { await navigator.serviceWorker.ready; while (!navigator.serviceWorker.controller) await new Promise(r => setTimeout(r, 20)); }");

    /// <summary>Logs out by the menu.</summary>
    public async Task LogOutAsync()
    {
        await Page.Locator(".sidebar-foot").GetByRole(AriaRole.Button, new() { NameRegex = Patterns.Account }).ClickAsync();
        await Page.GetByRole(AriaRole.Menuitem, new() { Name = "Log out" }).ClickAsync();
    }

    /// <summary>What the browser keeps of a person: rows of its database, words in its storage, answers in its caches.</summary>
    public Task<string[]> KeptAsync() => Page.EvaluateAsync<string[]>(
        """
        async () => {
          const found = Object.keys(localStorage).map(k => `storage ${k}`);
          for (const name of await caches.keys()) {
            if (!name.includes('precache')) for (const r of await (await caches.open(name)).keys()) found.push(`cache ${name} ${r.url}`);
          }
          const db = await new Promise((done, no) => { const open = indexedDB.open('troupe'); open.onsuccess = () => done(open.result); open.onerror = no; });
          for (const store of db.objectStoreNames) {
            const rows = await new Promise(done => { const all = db.transaction(store).objectStore(store).getAll(); all.onsuccess = () => done(all.result); });
            rows.forEach(row => found.push(`${store} ${JSON.stringify(row)}`));
          }
          db.close();
          return found;
        }
        """);

    /// <summary>Keeps a picture of the page among the results of the tests.</summary>
    public async Task PictureAsync(string name) =>
        await Page.ScreenshotAsync(new() { Path = Path.Combine(House.Root, "artifacts", "test-results", "screens", name + ".png"), Animations = ScreenshotAnimations.Disabled });

    /// <summary>Nothing was thrown, nothing popped up, the policy refused nothing, and nothing was asked for elsewhere.</summary>
    public void NothingWrong()
    {
        Assert.Empty(_wrong);
        Assert.All(_asked, a => Assert.True(a.StartsWith(_url, StringComparison.Ordinal) || a.StartsWith("data:", StringComparison.Ordinal) || a.StartsWith("blob:" + _url, StringComparison.Ordinal), a));
    }

    public async ValueTask DisposeAsync()
    {
        // What was seen last, for whoever reads why a test failed.
        if (!Page.IsClosed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{Page.Url}\n{await Page.EvaluateAsync<string>("document.body?.innerText ?? ''")}\n{string.Join('\n', _wrong)}");
        }

        await Context.DisposeAsync();
    }
}
