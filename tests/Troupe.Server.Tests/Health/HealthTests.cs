using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Troupe.Tests;

namespace Troupe.Server.Tests.Health;

public sealed partial class HealthTests
{
    [Fact]
    public async Task A_server_lives_and_is_ready_without_a_key()
    {
        await using var server = await StartAsync();
        using var nobody = server.ClientFor(null);
        Assert.Equal("live", (await nobody.GetJsonAsync("/health/live")).Text("status"));
        Assert.Equal("ready", (await nobody.GetJsonAsync("/health/ready")).Text("status"));
    }

    [Fact]
    public async Task The_contract_describes_every_own_route_and_its_parameters()
    {
        await using var server = await StartAsync();
        using var nobody = server.ClientFor(null);
        var document = await nobody.GetJsonAsync("/openapi/v1.json");
        Assert.StartsWith("3.", document.Text("openapi"), StringComparison.Ordinal);
        var paths = document.GetProperty("paths");
        foreach (var route in server.Host.Routes.OfType<RouteEndpoint>())
        {
            var pattern = "/" + route.RoutePattern.RawText!.TrimStart('/').Replace("{**", "{", StringComparison.Ordinal);
            if (pattern.StartsWith("/openapi/", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                var operation = paths.GetProperty(pattern).GetProperty(method.ToLowerInvariant());
                var wanted = Parameter.Matches(pattern).Select(m => m.Value.Trim('{', '}'));
                var described = operation.TryGetProperty("parameters", out var parameters)
                    ? parameters.EnumerateArray().Where(p => p.Text("in") == "path").Select(p => p.Text("name")).ToList() : [];
                Assert.Equal(wanted, described);
                var isPublic = pattern.StartsWith("/health/", StringComparison.Ordinal) || pattern == "/api/v1/login";
                Assert.Equal(!isPublic, operation.TryGetProperty("security", out _));
                if (pattern.StartsWith("/api/", StringComparison.Ordinal))
                {
                    Assert.Contains("application/problem+json", operation.GetProperty("responses").GetRawText(), StringComparison.Ordinal);
                }
            }
        }

        // Names are snake_case in the contract as on the wire.
        Assert.True(document.GetProperty("components").GetProperty("schemas").GetProperty("TurnReply").GetProperty("properties").TryGetProperty("session_id", out _));
        Assert.True(document.GetProperty("components").GetProperty("schemas").GetProperty("PromptRequest").GetProperty("properties").TryGetProperty("session_id", out _));
    }

    [Fact]
    public async Task Every_answer_has_the_security_headers()
    {
        await using var server = await StartAsync();
        var session = await server.Admin.NewSessionAsync();
        using var nobody = server.ClientFor(null);
        foreach (var response in new[]
        {
            await nobody.GetAsync("/health/live", Limits.Token),
            await nobody.GetAsync("/openapi/v1.json", Limits.Token),
            await nobody.GetAsync("/api/v1/sessions", Limits.Token),
            await nobody.GetAsync("/nothing", Limits.Token),
            await nobody.SendAsync(HttpMethod.Put, "/health/live", "{}"),
            await server.Admin.GetAsync("/api/v1/sessions", Limits.Token),
            await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/agent/prompt", "{"),
            await server.Admin.SendAsync(HttpMethod.Post, "/v1/chat/completions", "{"),
            await server.Admin.SendAsync(HttpMethod.Post, "/api/v1/agent/prompt", """{"message":"Hello"}""", accept: "text/event-stream"),
            await server.Admin.GetAsync($"/api/v1/sessions/{session}/export?format=markdown", Limits.Token),
            await server.Admin.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{session}"),
        })
        {
            using (response)
            {
                Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
                Assert.Equal("DENY", response.Headers.GetValues("X-Frame-Options").Single());
                Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
                Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
                Assert.True(response.Headers.CacheControl?.NoStore);
                Assert.False(response.Headers.Contains("Server"));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_are_compressed_where_it_is_set_and_asked_for(bool compression)
    {
        await using var server = await StartAsync(new ServerSettings { Compression = compression });
        var said = new string('x', 5000);
        var session = (await server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = said })).Text("session_id");
        foreach (var coding in new[] { "br", "gzip", "identity" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sessions/{session}");
            request.Headers.AcceptEncoding.ParseAdd(coding);
            using var response = await server.Admin.SendAsync(request, Limits.Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var body = await response.Content.ReadAsByteArrayAsync(Limits.Token);
            Assert.Equal(compression && coding != "identity" ? coding : null, response.Content.Headers.ContentEncoding.SingleOrDefault());
            Assert.Equal(compression && coding != "identity", body.Length < 5000);
        }

        // A stream of events is never held back to be compressed.
        using var events = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agent/prompt") { Content = new StringContent("""{"message":"Hello"}""", System.Text.Encoding.UTF8, "application/json") };
        events.Headers.AcceptEncoding.ParseAdd("br");
        events.Headers.Accept.ParseAdd("text/event-stream");
        using var stream = await server.Admin.SendAsync(events, Limits.Token);
        Assert.Empty(stream.Content.Headers.ContentEncoding);
        Assert.Contains("turn.completed", await stream.Content.ReadAsStringAsync(Limits.Token), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync(ServerSettings? settings = null) =>
        TestServer.StartAsync(r => r.Models.Add("scripted", new ScriptedChatClient { Reply = _ => "Yes." }), settings);

    [GeneratedRegex(@"\{\w+\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter { get; }
}
