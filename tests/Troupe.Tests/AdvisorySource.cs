using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Troupe.Tests;

/// <summary>A source of packages over real HTTP that answers questions for advisories, in the words of NuGet and of npm.</summary>
internal sealed class AdvisorySource : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AdvisorySource(WebApplication app) => _app = app;

    public string NuGet => $"{_app.Urls.Single()}/v3/index.json";

    public string Npm => $"{_app.Urls.Single()}/";

    /// <param name="nuget">The package of NuGet that every version of is said to be bad; null for a source that has no advisories at all.</param>
    /// <param name="npm">The same of npm, as names with a comma between them.</param>
    public static async Task<AdvisorySource> StartAsync(string? nuget, string? npm)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var source = new AdvisorySource(app);
        app.Run(async context =>
        {
            object? answer = context.Request.Path.Value switch
            {
                "/v3/index.json" => new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["version"] = "3.0.0",
                    ["resources"] = nuget is null ? [] : new[] { Named("/v3/advisories.json", "@type", "VulnerabilityInfo/6.7.0") },
                },
                "/v3/advisories.json" => new[] { Named("/v3/base.json", "@name", "base", "@updated", "2026-01-01T00:00:00Z") },
                "/v3/base.json" => new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    [nuget!] = new[] { new { severity = 0, url = "https://example.org/advisory", versions = "(, 9999.0.0)" } },
                },
                "/-/npm/v1/security/advisories/bulk" when npm is not null => npm.Split(',').ToDictionary(
                    name => name,
                    _ => new[] { new { id = 1, url = "https://example.org/advisory", title = "Bad", severity = "low", vulnerable_versions = "*" } },
                    StringComparer.Ordinal),
                _ => null,
            };
            context.Response.StatusCode = answer is null ? 404 : 200;
            await context.Response.WriteAsJsonAsync(answer ?? new { }, context.RequestAborted);
        });
        await app.StartAsync(Limits.Token);
        return source;

        Dictionary<string, string> Named(string path, params string[] members) =>
            members.Chunk(2).Append(["@id", app.Urls.Single() + path]).ToDictionary(m => m[0], m => m[1], StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(Limits.Token);
        await _app.DisposeAsync();
    }
}
