using System.IO.Compression;
using System.Net;
using System.Text;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests.Page;

public sealed class PageTests : IDisposable
{
    private const string Index = "<!doctype html><title>Page</title>";
    private const string Script = "console.log('a script that is long enough to be worth its compression');";
    private readonly TempFolder _page = new();

    public PageTests()
    {
        Write("index.html", Encoding.UTF8.GetBytes(Index));
        Write("icon.svg", "<svg/>"u8.ToArray());
        Write("manifest.webmanifest", "{}"u8.ToArray());
        Write("worker.js", "1"u8.ToArray());
        Write("notes.md", "not for people"u8.ToArray());
        Write("assets/index-1a2b3c.js", Encoding.UTF8.GetBytes(Script));
        using var brotli = new MemoryStream();
        using (var compress = new BrotliStream(brotli, CompressionLevel.Optimal, leaveOpen: true))
        {
            compress.Write(Encoding.UTF8.GetBytes(Script));
        }

        Write("assets/index-1a2b3c.js.br", brotli.ToArray());
    }

    public void Dispose() => _page.Dispose();

    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/index.html", "text/html")]
    [InlineData("/chat/0123", "text/html")]
    [InlineData("/performance", "text/html")]
    [InlineData("/apiary", "text/html")]
    [InlineData("/icon.svg", "image/svg+xml")]
    [InlineData("/manifest.webmanifest", "application/manifest+json")]
    [InlineData("/worker.js", "text/javascript")]
    [InlineData("/assets/index-1a2b3c.js", "text/javascript")]
    public async Task Every_file_and_every_address_of_the_page_comes_under_its_policy(string path, string type)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);

        using var answer = await client.GetAsync(path, Limits.Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
        var policy = Header(answer, "Content-Security-Policy").Split(';', StringSplitOptions.TrimEntries);
        Assert.Equal("default-src 'none'", policy[0]);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("style-src 'self'", policy);
        Assert.Contains("img-src 'self' data:", policy);
        Assert.Contains("connect-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.All(policy, p => Assert.False(p.Contains("unsafe", StringComparison.Ordinal) || p.Contains('*', StringComparison.Ordinal) || p.Contains("http", StringComparison.Ordinal), p));
        Assert.Equal(
            ("nosniff", "DENY", "no-referrer", "same-origin"),
            (Header(answer, "X-Content-Type-Options"), Header(answer, "X-Frame-Options"), Header(answer, "Referrer-Policy"), Header(answer, "Cross-Origin-Opener-Policy")));
    }

    [Fact]
    public async Task What_has_a_hash_in_its_name_is_kept_for_good_and_the_rest_is_asked_for_each_time()
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        using var asset = await client.GetAsync("/assets/index-1a2b3c.js", Limits.Token);
        Assert.Equal("public, max-age=31536000, immutable", Header(asset, "Cache-Control"));
        foreach (var path in new[] { "/", "/chat/1", "/worker.js", "/manifest.webmanifest", "/icon.svg" })
        {
            using var other = await client.GetAsync(path, Limits.Token);
            Assert.Equal("no-cache", Header(other, "Cache-Control"));
        }
    }

    [Fact]
    public async Task What_the_browser_has_is_not_sent_again()
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        using var first = await client.GetAsync("/", Limits.Token);
        var tag = first.Headers.ETag!.ToString();
        foreach (var (sent, status) in new[] { (tag, HttpStatusCode.NotModified), ($"\"x\", {tag}", HttpStatusCode.NotModified), ("\"x\"", HttpStatusCode.OK) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/chat/1");
            request.Headers.TryAddWithoutValidation("If-None-Match", sent);
            using var again = await client.SendAsync(request, Limits.Token);
            Assert.Equal(status, again.StatusCode);
            Assert.Equal(tag, again.Headers.ETag!.ToString());
            Assert.Equal(status == HttpStatusCode.OK ? Index : "", await again.Content.ReadAsStringAsync(Limits.Token));
        }
    }

    [Theory]
    [InlineData("br", true)]
    [InlineData("gzip, deflate, br", true)]
    [InlineData("gzip;q=1, br;q=0.2", true)]
    [InlineData("gzip", false)]
    [InlineData("br;q=0", false)]
    [InlineData(null, false)]
    public async Task Who_takes_brotli_gets_what_was_compressed_at_the_build(string? accepted, bool isCompressed)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/index-1a2b3c.js");
        if (accepted is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        }

        using var answer = await client.SendAsync(request, Limits.Token);

        Assert.Equal(isCompressed, answer.Content.Headers.ContentEncoding.Contains("br"));
        Assert.Equal("Accept-Encoding", Header(answer, "Vary"));
        await using var body = await answer.Content.ReadAsStreamAsync(Limits.Token);
        using var reader = new StreamReader(isCompressed ? new BrotliStream(body, CompressionMode.Decompress) : body);
        Assert.Equal(Script, await reader.ReadToEndAsync(Limits.Token));
    }

    [Fact]
    public async Task A_head_tells_the_same_without_the_bytes()
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Limits.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Index.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("", await answer.Content.ReadAsStringAsync(Limits.Token));
    }

    [Theory]
    [InlineData("/assets/index-gone.js")]
    [InlineData("/favicon.ico")]
    [InlineData("/notes.md")]
    [InlineData("/assets/index-1a2b3c.js.br")]
    [InlineData("/%2e%2e/%2e%2e/etc/hosts.txt")]
    [InlineData("/..%2fserver.token.txt")]
    public async Task A_file_that_there_is_not_is_missing_and_not_the_page(string path)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        await (await client.GetAsync(path, Limits.Token)).ProblemAsync(HttpStatusCode.NotFound, "route_not_found");
    }

    [Theory]
    [InlineData("/api")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/API/v1/nothing")]
    [InlineData("/v1/nothing")]
    [InlineData("/health/nothing")]
    [InlineData("/openapi/nothing")]
    public async Task An_interface_is_never_answered_with_the_page(string path)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        using var answer = await client.GetAsync(path, Limits.Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("json", answer.Content.Headers.ContentType?.MediaType, StringComparison.Ordinal);
        await (await client.GetAsync("/api/v1/me", Limits.Token)).ProblemAsync(HttpStatusCode.Unauthorized, "key_missing");
    }

    [Fact]
    public async Task The_page_takes_nothing()
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete })
        {
            await (await client.SendAsync(new HttpRequestMessage(method, "/"), Limits.Token)).ProblemAsync(HttpStatusCode.NotFound, "route_not_found");
        }
    }

    [Fact]
    public async Task A_server_without_its_page_says_so_to_people_and_works_for_programs()
    {
        using var empty = new TempFolder();
        await using var server = await StartAsync(empty.Path);
        using var client = server.ClientFor(null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd("text/html");

        using var answer = await client.SendAsync(request, Limits.Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("Install Node 20 and start with ./run again.", await answer.Content.ReadAsStringAsync(Limits.Token), StringComparison.Ordinal);
        await (await client.GetAsync("/", Limits.Token)).ProblemAsync(HttpStatusCode.NotFound, "route_not_found");
        await server.Admin.GetJsonAsync("/api/v1/me");
    }

    [Fact]
    public async Task A_folder_that_is_no_page_is_told_at_the_start()
    {
        await using (var large = new FileStream(Path.Combine(_page.Path, "movie.bin"), FileMode.Create))
        {
            large.SetLength((64 << 20) + 1);
        }

        var failure = await Assert.ThrowsAsync<TroupeException>(() => StartAsync());

        Assert.Equal("page_too_large", failure.Code);
        Assert.Contains(_page.Path, failure.Message, StringComparison.Ordinal);
    }

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    private Task<TestServer> StartAsync(string? page = null) =>
        TestServer.StartAsync(r => r.Models.Add("fixed", new FixedChatClient("Yes.", TimeSpan.Zero)), new ServerSettings { Page = page ?? _page.Path });

    private void Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_page.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
