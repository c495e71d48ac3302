using System.Net.Http.Json;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

/// <summary>The operator's file of models.</summary>
public sealed class ModelFileTests
{
    [Fact]
    public async Task Several_models_of_one_provider_have_names_fallbacks_and_agents_that_choose_them()
    {
        using var folder = new TempFolder();
        await using var quick = await FakeProvider.StartAsync(FakeProvider.Says("From the quick one."));
        await using var careful = await FakeProvider.StartAsync(FakeProvider.Says("From the careful one."));
        await using var broken = await FakeProvider.StartAsync(FakeProvider.Status(401));
        await WriteAsync(folder, $$"""
            default: quick
            models:
              quick:
                base_url: {{quick.BaseUrl}}
                model: small-1
                api_key: ${QUICK_KEY}
              vendor/careful:
                provider: openai
                base_url: {{careful.BaseUrl}}
                model: large-1
              broken:
                base_url: {{broken.BaseUrl}}
                model: none-1
                max_retries: 0
                fallback: [vendor/careful, offline]
            """);
        Directory.CreateDirectory(Path.Combine(folder.Path, "agents"));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "agents", "judge.yaml"), "name: judge\nmodel: vendor/careful\n", Limits.Token);
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", ""), ("QUICK_KEY", "the-quick-key"));
        using var client = server.Client();

        Assert.Equal("From the quick one.", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("reply"));
        var exchange = await quick.NextAsync();
        Assert.Equal("Bearer the-quick-key", exchange.Headers["Authorization"]);
        Assert.Contains("\"small-1\"", exchange.Body, StringComparison.Ordinal);
        Assert.Equal("From the careful one.", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", agent = "judge" })).Text("reply"));
        Assert.Equal("From the careful one.", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", model = "broken" })).Text("reply"));
        Assert.Equal((1, 1, 2), (quick.Count, broken.Count, careful.Count));
        var names = (await client.GetJsonAsync("/v1/models")).GetProperty("data").EnumerateArray().Select(m => m.Text("id")).ToList();
        Assert.Superset(new HashSet<string>(["quick", "vendor/careful", "broken", "offline", "judge", "assistant"], StringComparer.Ordinal), names.ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_environment_chooses_among_the_models_of_the_file()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder, "models:\n  one:\n    provider: fixed\n    reply: I am one.\n  two:\n    provider: fixed\n    reply: I am two.\n");
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", "two"));
        using var client = server.Client();
        Assert.Equal("I am two.", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("reply"));
        Assert.Equal("I am one.", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", model = "one" })).Text("reply"));
    }

    [Fact]
    public async Task Every_mistake_is_named_with_its_line_and_no_secret()
    {
        using var folder = new TempFolder();
        await WriteAsync(folder, """
            default: nobody
            colour: red
            models:
              offline:
                provider: fixed
              a:
                provider: gpt
              b:
                base_url: https://me:sk-not-a-key@example.org
                api_key: ${NOT_SET}
                max_retries: 11
              c:
                provider: anthropic
                model: m
                connect_timeout: 3
              d: text
            embeddings:
              provider: anthropic
            """);
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("TROUPE_MODEL", ""));

        Assert.Equal((2, ""), (code, output));
        foreach (var told in new[]
        {
            "line 1 column 10: 'default' is 'nobody'", "line 2 column 1: There is no member 'colour'", "line 5 column 5: 'offline' is no name", "line 7 column 15: 'provider' is 'gpt'; it must be fixed or openai or anthropic",
            "line 9 column 15: 'base_url' is '(secret)'", "line 10 column 14: 'api_key' names the variable 'NOT_SET'", "line 11 column 18: 'max_retries' is '11'", "line 9 column 5: 'model' is missing in 'b'",
            "line 13 column 5: 'api_key' is missing in 'c'", "line 15 column 22: 'connect_timeout' is not for the provider 'anthropic'", "line 16 column 6: 'd' must be a map", "line 18 column 13: 'provider' is 'anthropic'; it must be offline or openai",
        })
        {
            Assert.Contains(told, errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("sk-not-a-key", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.db"));
    }

    [Theory]
    [InlineData("models:\n  a:\n    provider: fixed\n    fallback: [b]\n", "The fallback of 'a' is 'b'")]
    [InlineData("models:\n  a:\n    provider: fixed\n    fallback: [a]\n", "The fallback of 'a' is 'a'")]
    [InlineData("- a\n", "line 1 column 1: This is not one map")]
    [InlineData("a: [\n", "This is not YAML")]
    public async Task A_file_that_cannot_be_stops_the_start(string text, string told)
    {
        using var folder = new TempFolder();
        await WriteAsync(folder, text);
        var (code, _, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("TROUPE_MODEL", ""));
        Assert.Equal(2, code);
        Assert.Contains(told, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_come_from_the_endpoint_of_the_file_or_without_one_are_offline()
    {
        using var folder = new TempFolder();
        await using (var server = await ServerProcess.StartAsync(folder.Path))
        {
            using var client = server.Client();
            var offline = await client.PostJsonAsync("/v1/embeddings", new { input = new[] { "walks", "walking" }, model = "any" });
            Assert.Equal([384, 384], offline.GetProperty("data").EnumerateArray().Select(e => e.GetProperty("embedding").GetArrayLength()));
            var packed = await client.PostJsonAsync("/v1/embeddings", new { input = "walks", encoding_format = "base64" });
            Assert.Equal(384 * sizeof(float), Convert.FromBase64String(packed.GetProperty("data")[0].Text("embedding")).Length);
            using var refused = await client.PostAsJsonAsync("/v1/embeddings", new { input = Array.Empty<string>() }, Limits.Token);
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused.StatusCode);
            using var odd = await client.PostAsJsonAsync("/v1/embeddings", new { input = "walks", dimensions = 7 }, Limits.Token);
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, odd.StatusCode);
        }

        await using var provider = await FakeProvider.StartAsync(FakeProvider.Status(200, """{"data":[{"index":0,"embedding":[0.5,-1]}],"usage":{"prompt_tokens":3}}"""));
        await WriteAsync(folder, $"embeddings:\n  base_url: {provider.BaseUrl}\n  model: vectors-1\n");
        await using var other = await ServerProcess.StartAsync(folder.Path);
        using var caller = other.Client();
        var answer = await caller.PostJsonAsync("/v1/embeddings", new { input = "walks", model = "any" });
        Assert.Equal("[0.5,-1]", answer.GetProperty("data")[0].GetProperty("embedding").GetRawText());
        Assert.Equal(3, answer.GetProperty("usage").Number("prompt_tokens"));
        Assert.Equal("vectors-1", answer.Text("model"));
    }

    private static Task WriteAsync(TempFolder folder, string text) => File.WriteAllTextAsync(Path.Combine(folder.Path, "models.yaml"), text, Limits.Token);
}
