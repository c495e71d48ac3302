using Troupe.Models;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

public sealed class OpenAIOptionsTests : ProviderTests
{
    public static TheoryData<string, OpenAIOptions> Wrong
    {
        get
        {
            var good = new OpenAIOptions { Model = "m" };
            return new()
            {
                { nameof(OpenAIOptions.BaseUrl), good with { BaseUrl = new Uri("/v1", UriKind.Relative) } },
                { nameof(OpenAIOptions.BaseUrl), good with { BaseUrl = new Uri("file:///v1") } },
                { nameof(OpenAIOptions.Model), good with { Model = "" } },
                { nameof(OpenAIOptions.MaxTokensField), good with { MaxTokensField = "n" } },
                { nameof(OpenAIOptions.ConnectTimeout), good with { ConnectTimeout = TimeSpan.Zero } },
                { nameof(OpenAIOptions.FirstTimeout), good with { FirstTimeout = TimeSpan.Zero } },
                { nameof(OpenAIOptions.FirstTimeout), good with { FirstTimeout = TimeSpan.MaxValue } },
                { nameof(OpenAIOptions.IdleTimeout), good with { IdleTimeout = TimeSpan.FromSeconds(-1) } },
                { nameof(OpenAIOptions.TotalTimeout), good with { TotalTimeout = TimeSpan.FromDays(60) } },
                { nameof(OpenAIOptions.MaxRetries), good with { MaxRetries = 11 } },
                { nameof(OpenAIOptions.MaxRetries), good with { MaxRetries = -1 } },
                { nameof(OpenAIOptions.RetryDelay), good with { RetryDelay = TimeSpan.FromSeconds(-1) } },
                { nameof(OpenAIOptions.MaxRetryAfter), good with { MaxRetryAfter = TimeSpan.FromDays(2) } },
                { nameof(OpenAIOptions.BreakDuration), good with { BreakDuration = TimeSpan.FromSeconds(0.4) } },
                { nameof(OpenAIOptions.BreakDuration), good with { BreakDuration = TimeSpan.FromDays(2) } },
                { nameof(OpenAIOptions.MaxConnections), good with { MaxConnections = 0 } },
                { nameof(OpenAIOptions.MaxAnswerBytes), good with { MaxAnswerBytes = 0 } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_out_of_range_is_refused_at_the_start(string name, OpenAIOptions options)
    {
        var failure = Assert.Throws<TroupeException>(() => new OpenAIChatClient(options));

        Assert.Equal("option_out_of_range", failure.Code);
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "/v1/chat/completions")]
    [InlineData("/", "/v1/chat/completions")]
    [InlineData("?api-version=2024-10-21", "/v1/chat/completions?api-version=2024-10-21")]
    public async Task The_path_is_added_to_the_address(string end, string path)
    {
        await using var provider = await StartAsync(Says("Hi"));
        using var client = Client(provider, o => o with { BaseUrl = new Uri(o.BaseUrl + end) });

        await AskAsync(client);

        Assert.Equal(path, (await provider.NextAsync()).Path);
    }

    [Fact]
    public async Task An_endpoint_without_a_key_gets_none()
    {
        await using var provider = await StartAsync(Says("Hi"));
        using var client = Client(provider, o => o with { ApiKey = null });

        await AskAsync(client);

        Assert.DoesNotContain("Authorization", (await provider.NextAsync()).Headers.Keys);
    }
}
