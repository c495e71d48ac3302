using System.Net;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests.Logins;

public sealed class LoginRouteTests
{
    private static readonly object WrongKey = new { key = "not-a-key-of-anybody" };

    [Fact]
    public async Task A_login_is_a_cookie_that_no_script_and_no_other_site_gets()
    {
        await using var server = await StartAsync();
        var key = await NewKeyAsync(server);
        using var browser = new BrowserClient(server.Url);

        var me = await browser.LogInAsync(new { key = $" {key} " });

        Assert.Equal(("ada", "browser"), (me.Text("owner"), me.Text("name")));
        Assert.StartsWith($"troupe-{new Uri(server.Url).Port}=tk_", browser.SetCookie, StringComparison.Ordinal);
        Assert.Equal(["httponly", "max-age=2592000", "path=/", "samesite=strict"], Attributes(browser));
        Assert.DoesNotContain(key, browser.SetCookie, StringComparison.Ordinal);
        using var again = await browser.SendAsync(HttpMethod.Get, "/api/v1/me");
        Assert.Equal(me.Text("antiforgery"), (await again.JsonAsync()).Text("antiforgery"));

        await browser.LogInAsync(new { key }, ("X-Forwarded-Proto", "https"));
        Assert.Contains("secure", Attributes(browser));
    }

    [Fact]
    public async Task What_changes_something_needs_the_token_that_only_our_page_can_read()
    {
        await using var server = await StartAsync();
        using var browser = new BrowserClient(server.Url);
        await browser.LogInAsync(new { key = await NewKeyAsync(server) });
        var token = browser.Antiforgery;
        foreach (var wrong in new[] { null, "", "x", token + "x", token![..^1] })
        {
            browser.Antiforgery = wrong;
            using var refused = await browser.SendAsync(HttpMethod.Post, "/api/v1/sessions", new { });
            await refused.ProblemAsync(HttpStatusCode.Forbidden, "antiforgery_missing");
            Assert.True(await browser.IsInAsync());
        }

        browser.Antiforgery = token;
        using var made = await browser.SendAsync(HttpMethod.Post, "/api/v1/sessions", new { });
        await made.JsonAsync();
    }

    [Theory]
    [InlineData("cross-site", false)]
    [InlineData("same-site", false)]
    [InlineData("same-origin", true)]
    [InlineData("none", true)]
    public async Task A_request_of_another_site_is_refused_even_with_the_cookie(string site, bool isTaken)
    {
        await using var server = await StartAsync();
        using var browser = new BrowserClient(server.Url);
        await browser.LogInAsync(new { key = await NewKeyAsync(server) });
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            using var answer = await browser.SendAsync(method, "/api/v1/sessions", method == HttpMethod.Post ? new { } : null, ("Sec-Fetch-Site", site));
            if (isTaken)
            {
                await answer.JsonAsync();
            }
            else
            {
                await answer.ProblemAsync(HttpStatusCode.Forbidden, "antiforgery_missing");
            }
        }
    }

    [Fact]
    public async Task A_key_is_no_cookie_and_a_bearer_needs_no_antiforgery()
    {
        await using var server = await StartAsync();
        var key = await NewKeyAsync(server);
        using var browser = new BrowserClient(server.Url) { Cookie = $"troupe-{new Uri(server.Url).Port}={key}" };
        Assert.False(await browser.IsInAsync());
        using var client = server.ClientFor(key);
        await client.NewSessionAsync();
        Assert.False((await client.GetJsonAsync("/api/v1/me")).TryGetProperty("antiforgery", out _));
    }

    [Fact]
    public async Task A_revoked_key_ends_the_logins_that_were_made_with_it()
    {
        await using var server = await StartAsync();
        using var browser = new BrowserClient(server.Url);
        using var other = new BrowserClient(server.Url);
        var made = await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "ada" });
        await browser.LogInAsync(new { key = made.Text("token") });
        await other.LogInAsync(new { key = await NewKeyAsync(server) });

        using var revoked = await server.Admin.DeleteAsync($"/api/v1/keys/{made.Text("id")}", Limits.Token);

        Assert.True(revoked.IsSuccessStatusCode);
        Assert.False(await browser.IsInAsync());
        Assert.True(await other.IsInAsync());
        using var refused = await browser.SendAsync(HttpMethod.Post, "/api/v1/login", new { key = made.Text("token") });
        await refused.ProblemAsync(HttpStatusCode.Unauthorized, "key_unknown", "key");
    }

    [Fact]
    public async Task Logins_outlive_a_restart_but_not_a_key_that_was_revoked_or_replaced()
    {
        using var folder = new TempFolder();
        BrowserClient kept, revoked, byLink;
        await using (var server = await StartAsync(folder: folder.Path))
        {
            (kept, revoked, byLink) = (new(server.Url), new(server.Url), new(server.Url));
            await kept.LogInAsync(new { key = await NewKeyAsync(server) });
            var made = await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "grace" });
            await revoked.LogInAsync(new { key = made.Text("token") });
            await byLink.LogInAsync(new { code = CodeOf(server.Host.NewLoginLink()) });
            using var done = await server.Admin.DeleteAsync($"/api/v1/keys/{made.Text("id")}", Limits.Token);
        }

        await using (var server = await StartAsync(folder: folder.Path))
        {
            Assert.True(await IsInAsync(server, kept));
            Assert.True(await IsInAsync(server, byLink));
            Assert.False(await IsInAsync(server, revoked));
        }

        kept.Dispose();
        revoked.Dispose();
        byLink.Dispose();

        static async Task<bool> IsInAsync(TestServer server, BrowserClient before)
        {
            // The port is another, and the cookie is named by it.
            using var now = new BrowserClient(server.Url) { Cookie = $"troupe-{new Uri(server.Url).Port}={before.Cookie!.Split('=', 2)[1]}" };
            return await now.IsInAsync();
        }
    }

    [Fact]
    public async Task A_login_ends_after_thirty_days()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        using var browser = new BrowserClient(server.Url);
        await browser.LogInAsync(new { key = await NewKeyAsync(server) });
        time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.True(await browser.IsInAsync());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await browser.IsInAsync());
    }

    [Fact]
    public async Task Ten_failures_in_five_minutes_are_enough_and_a_good_key_has_to_wait_too()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        var key = await NewKeyAsync(server);
        using var browser = new BrowserClient(server.Url);
        for (var i = 0; i < 10; i++)
        {
            await browser.LogInAsync(new { key });
            using var failed = await browser.SendAsync(HttpMethod.Post, "/api/v1/login", i % 2 == 0 ? WrongKey : new { code = "not-a-code-of-ours" });
            await failed.ProblemAsync(HttpStatusCode.Unauthorized, "key_unknown", i % 2 == 0 ? "key" : "code");
        }

        time.Advance(TimeSpan.FromMinutes(1));
        using var refused = await browser.SendAsync(HttpMethod.Post, "/api/v1/login", new { key });
        await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "too_many_attempts");
        Assert.Equal("240", Assert.Single(refused.Headers.GetValues("Retry-After")));

        // Who is in already notices nothing.
        Assert.True(await browser.IsInAsync());
        time.Advance(TimeSpan.FromMinutes(4));
        await browser.LogInAsync(new { key });
    }

    [Fact]
    public async Task A_link_logs_in_once_and_one_that_was_asked_for_ends_after_a_quarter_of_an_hour()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        using var browser = new BrowserClient(server.Url);
        var printed = new { code = CodeOf(server.Host.NewLoginLink()) };
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("admin", (await browser.LogInAsync(printed)).Text("owner"));
        using var used = await browser.SendAsync(HttpMethod.Post, "/api/v1/login", printed);
        await used.ProblemAsync(HttpStatusCode.Unauthorized, "key_unknown", "code");

        var (first, second) = (await NewLinkAsync(), await NewLinkAsync());
        time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        await browser.LogInAsync(first);
        time.Advance(TimeSpan.FromSeconds(1));
        using var late = await browser.SendAsync(HttpMethod.Post, "/api/v1/login", second);
        await late.ProblemAsync(HttpStatusCode.Unauthorized, "key_unknown", "code");

        async Task<object> NewLinkAsync() => new { code = CodeOf((await server.Admin.PostJsonAsync("/api/v1/login/links", null)).Text("path")) };
    }

    [Fact]
    public async Task One_of_many_who_use_a_link_at_once_gets_in()
    {
        await using var server = await StartAsync();
        var code = CodeOf(server.Host.NewLoginLink());
        using var browser = new BrowserClient(server.Url);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => browser.SendAsync(HttpMethod.Post, "/api/v1/login", new { code })));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        Array.ForEach(answers, a => a.Dispose());
    }

    [Fact]
    public async Task A_logout_ends_this_login_and_no_other()
    {
        await using var server = await StartAsync();
        var key = await NewKeyAsync(server);
        using var browser = new BrowserClient(server.Url);
        using var other = new BrowserClient(server.Url);
        await browser.LogInAsync(new { key });
        await other.LogInAsync(new { key });

        using var left = await browser.SendAsync(HttpMethod.Post, "/api/v1/logout");

        Assert.Equal(HttpStatusCode.NoContent, left.StatusCode);
        Assert.Contains("expires=Thu, 01 Jan 1970", Assert.Single(left.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
        Assert.False(await browser.IsInAsync());
        Assert.True(await other.IsInAsync());
        using var client = server.ClientFor(key);
        using var nothing = await client.PostAsync("/api/v1/logout", null, Limits.Token);
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);
        await client.GetJsonAsync("/api/v1/me");
    }

    [Fact]
    public async Task The_fifty_first_login_of_a_key_ends_its_first()
    {
        await using var server = await StartAsync();
        var key = await NewKeyAsync(server);
        using var first = new BrowserClient(server.Url);
        using var second = new BrowserClient(server.Url);
        await first.LogInAsync(new { key });
        await second.LogInAsync(new { key });
        using var more = new BrowserClient(server.Url);
        for (var i = 0; i < 48; i++)
        {
            await more.LogInAsync(new { key });
        }

        Assert.True(await first.IsInAsync());
        await more.LogInAsync(new { key });
        Assert.False(await first.IsInAsync());
        Assert.True(await second.IsInAsync());
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"key":"a","code":"b"}""")]
    public async Task Either_a_key_or_a_code_is_wanted(string body)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        await (await client.SendAsync(HttpMethod.Post, "/api/v1/login", body)).ProblemAsync(HttpStatusCode.BadRequest, "member_missing", "key");
    }

    private static Task<TestServer> StartAsync(ManualTime? time = null, string? folder = null) =>
        TestServer.StartAsync(r => r.Models.Add("fixed", new FixedChatClient("Yes.", TimeSpan.Zero)), folder: folder, options: time is null ? null : new() { Time = time });

    private static async Task<string> NewKeyAsync(TestServer server) => (await server.Admin.PostJsonAsync("/api/v1/keys", new { owner = "ada" })).Text("token");

    private static string CodeOf(string link) => link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];

    private static string[] Attributes(BrowserClient browser) => [.. browser.SetCookie.Split(';').Skip(1).Select(a => a.Trim()).Order(StringComparer.Ordinal)];
}
