using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Cli;

/// <summary>What an operator says about known answers, budgets, limits and prices, in the real program.</summary>
public sealed class ReuseSettingTests
{
    [Theory]
    [InlineData("", 1)]
    [InlineData("60", 1)]
    [InlineData("0", 2)]
    public async Task How_long_answers_are_given_again_is_the_operators_to_say(string seconds, int calls)
    {
        using var folder = new TempFolder();
        await using var provider = await FakeProvider.StartAsync(FakeProvider.Says("Yes."));
        await using var server = await ServerProcess.StartAsync(
            folder.Path, ("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", provider.BaseUrl.ToString()), ("OPENAI_MODEL", "m"), ("LLM_CACHE_TTL", seconds));
        using var client = server.Client();
        await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
        Assert.Equal(calls == 1, (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).GetProperty("cached").GetBoolean());
        Assert.Equal(calls, provider.Count);
    }

    [Fact]
    public async Task Agents_and_models_of_files_have_their_caches_budgets_and_prices()
    {
        using var folder = new TempFolder();
        await using var provider = await FakeProvider.StartAsync(FakeProvider.Says("Yes."));
        Write(folder, "agents/keen.yaml", "name: keen\ntemperature: 0\ncache:\n  scope: owner\n  seconds: 60\n");
        Write(folder, "agents/free.yaml", "name: free\nmax_output_tokens: 100\nbudget:\n  turn_tokens: 100000\n");
        Write(folder, "agents/poor.yaml", "name: poor\nmax_output_tokens: 100\nbudget:\n  day_money: 0.0001\n");
        Write(folder, "models.yaml", $"default: dear\nmodels:\n  dear:\n    base_url: {provider.BaseUrl}\n    model: m\n    concurrency: 2\n    requests_per_minute: 1000\n    tokens_per_minute: 100000\n    limit_group: g\n    price_input: 1\n    price_output: 10\n");
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_MODEL", ""));
        using var client = server.Client();
        Assert.False((await AskAsync("keen")).GetProperty("cached").GetBoolean());
        Assert.True((await AskAsync("keen")).GetProperty("cached").GetBoolean());
        Assert.Equal("completed", (await AskAsync("free")).Text("status"));
        Assert.Equal("completed", (await AskAsync("free")).Text("status"));
        Assert.Equal(3, provider.Count);
        Assert.Equal("budget_exceeded", (await AskAsync("poor")).GetProperty("error").Text("code"));
        Assert.Equal(3, provider.Count);

        Task<System.Text.Json.JsonElement> AskAsync(string agent) => client.PostJsonAsync("/api/v1/agent/prompt", new { agent, message = "Hello" });
    }

    [Fact]
    public async Task The_hosts_budget_is_read_from_the_environment()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, ("TROUPE_BUDGET_SESSION_TOKENS", "5"));
        using var client = server.Client();
        var reply = await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" });
        Assert.Contains("this session is 5 tokens", reply.GetProperty("error").Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_mistake_about_them_is_said_with_its_line()
    {
        using var folder = new TempFolder();
        Write(folder, "agents/a.yaml", "name: a\ncache:\n  scope: everybody\n  reuse_samples: maybe\n  first_turn_only: 1\n  seconds: 0\n  colour: red\nbudget:\n  turn_tokens: 0\n  session_tokens: 1.5\n  day_tokens: many\n  turn_money: 0\n  session_money: -1\n  day_money: much\n  size: 1\n");
        Write(folder, "agents/b.yaml", "name: b\ncache:\n  seconds: 5\nbudget: 5\n");
        Write(folder, "agents/c.yaml", "name: c\ncache: true\n");
        var (code, output, errors) = await ServerProcess.RunToEndAsync(folder.Path);
        Assert.Equal((2, ""), (code, output));
        Told(
            errors, "a.yaml' line 3 column 10: 'scope' is 'everybody'; it must be session or owner or global", "a.yaml' line 4 column 18: 'reuse_samples' is 'maybe'; it must be true or false",
            "a.yaml' line 5 column 20: 'first_turn_only' is '1'", "a.yaml' line 6 column 12: 'seconds' is '0'", "a.yaml' line 7 column 3: There is no member 'colour' in 'cache'", "a.yaml' line 9 column 16: 'turn_tokens' is '0'",
            "a.yaml' line 10 column 19: 'session_tokens' is '1.5'; it must be a whole number", "a.yaml' line 11 column 15: 'day_tokens' is 'many'", "a.yaml' line 12 column 15: 'turn_money' is '0'",
            "a.yaml' line 13 column 18: 'session_money' is '-1'", "a.yaml' line 14 column 14: 'day_money' is 'much'", "a.yaml' line 15 column 3: There is no member 'size' in 'budget'",
            "b.yaml' line 3 column 3: 'cache' says no 'scope'", "b.yaml' line 4 column 9: 'budget' must be a map", "c.yaml' line 2 column 8: 'cache' must be a map");
    }

    [Fact]
    public async Task Every_mistake_about_limits_and_prices_is_said_also_of_a_model_that_is_wrong_in_itself()
    {
        using var folder = new TempFolder();
        Write(folder, "models.yaml", "models:\n  a:\n    base_url: ftp://x\n    concurrency: 0\n    requests_per_minute: many\n    tokens_per_minute: 1.5\n    limit_group: [g]\n    price_input: -1\n    price_output: dear\n");
        var (code, _, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("TROUPE_MODEL", ""));
        Assert.Equal(2, code);
        Told(
            errors, "line 4 column 18: 'concurrency' is '0'", "line 5 column 26: 'requests_per_minute' is 'many'", "line 6 column 24: 'tokens_per_minute' is '1.5'; it must be a whole number",
            "line 7 column 18: 'limit_group' must be a text", "line 8 column 18: 'price_input' is '-1'", "line 9 column 19: 'price_output' is 'dear'", "'base_url' is 'ftp://x'");
    }

    [Theory]
    [InlineData("LLM_CACHE_TTL", "-1")]
    [InlineData("LLM_CACHE_TTL", "NaN")]
    [InlineData("TROUPE_BUDGET_TURN_TOKENS", "0")]
    [InlineData("TROUPE_BUDGET_DAY_MONEY", "much")]
    public void A_setting_out_of_range_stops_the_start(string name, string value)
    {
        var refused = Assert.Throws<TroupeException>(() => ServerSettings.Read(n => n == name ? value : null));
        Assert.Equal((name, "setting_out_of_range"), (refused.Member, refused.Code));
    }

    [Fact]
    public void Each_budget_of_the_environment_is_its_own()
    {
        var settings = ServerSettings.Read(n => n switch
        {
            "TROUPE_BUDGET_TURN_TOKENS" => "1",
            "TROUPE_BUDGET_SESSION_TOKENS" => "2",
            "TROUPE_BUDGET_DAY_TOKENS" => "3",
            "TROUPE_BUDGET_TURN_MONEY" => "0.4",
            "TROUPE_BUDGET_SESSION_MONEY" => "0.5",
            "TROUPE_BUDGET_DAY_MONEY" => "0.6",
            "LLM_CACHE_TTL" => "0.5",
            _ => null,
        });
        Assert.Equal(new Chat.Budget { TurnTokens = 1, SessionTokens = 2, OwnerDayTokens = 3, TurnMoney = 0.4m, SessionMoney = 0.5m, OwnerDayMoney = 0.6m }, settings.Budget);
        Assert.Equal(0.5, settings.AnswerTtlSeconds);
        Assert.Null(ServerSettings.Read(_ => null).Budget);
    }

    private static void Told(string errors, params string[] all)
    {
        foreach (var told in all)
        {
            Assert.Contains(told, errors, StringComparison.Ordinal);
        }
    }

    private static void Write(TempFolder folder, string name, string text)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
