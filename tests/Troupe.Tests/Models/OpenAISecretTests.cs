using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Models;
using Troupe.Storage;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

/// <summary>A provider may echo the key or somebody's words; neither may reach an error, its causes or a log.</summary>
public sealed class OpenAISecretTests : ProviderTests
{
    private const string Echo = "echo of what Ada said";

    public static TheoryData<int, string, string> Failures => new()
    {
        { 400, "application/json", $$$"""{"error":{"message":"{{{Key}}} {{{Echo}}}","code":"{{{Echo}}}","type":"{{{Key}}}","param":"{{{Echo}}}"}}""" },
        { 401, "application/json", $$$"""{"error":{"message":"Incorrect API key provided: {{{Key}}}","code":"invalid_api_key"}}""" },
        { 429, "text/plain", $"{Key} {Echo}" },
        { 500, "text/html", $"<html>{Key} {Echo}</html>" },
        { 200, "application/json", $"{Key} {Echo}" },
        { 200, "application/json", $$$"""{"{{{Key}}}":"{{{Echo}}}" """ },
        { 200, "text/event-stream", $$$"""data: {"error":{"message":"{{{Key}}} {{{Echo}}}","code":"{{{Key}}}"}}{{{"\n\n"}}}""" },
        { 200, "text/event-stream", $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"Well\"}}}}]}}\n\ndata: {{\"error\":\"{Key} {Echo}\"}}\n\n" },
        { 200, "text/event-stream", $"data: {Key} {Echo}\n\n" },
        { 200, "text/event-stream", $"data: {{\"{Key}\":{{\"{Echo}\": \n\n" },
        { 200, "text/event-stream", $"data: {{\"choices\":[{{\"{Key}\":1,\"delta\":{{\"content\":\"{Echo}\"}}}}]}}\n\n" },
        { 200, "text/event-stream", $"data: {{\"choices\":[\"{Key} {Echo}\"]}}\n\n" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task No_error_holds_the_key_or_what_the_provider_said(int status, string contentType, string body)
    {
        await using var provider = await StartAsync(async e =>
        {
            e.Begin(status, contentType);
            await e.SendRawAsync(body);
        });
        using var client = Client(provider);

        var (_, failure) = await ReadAsync(client);

        Assert.NotNull(failure);
        AssertClean(failure.ToString());
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task No_log_and_no_turn_holds_them_either(int status, string contentType, string body)
    {
        await using var provider = await StartAsync(async e =>
        {
            e.Begin(status, contentType);
            await e.SendRawAsync(body);
        });
        using var logs = new Memo();
        using var factory = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
        await using var runtime = new AgentRuntime(new MemoryStore(), new AgentRuntimeOptions { Logs = factory });
        runtime.Models.Add("m", Client(provider));
        runtime.Agents.Add(new AgentDefinition { Name = "guide", Instructions = "You are brief." });
        using var session = await runtime.OpenAsync("guide");

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => session.GetResponseAsync("Hello", cancellationToken: Limits.Token).Soon());

        AssertClean(failure.ToString());
        Assert.NotEmpty(logs.Lines);
        Assert.All(logs.Lines, AssertClean);
    }

    [Fact]
    public async Task A_held_back_call_does_not_tell_why_in_the_provider_s_words()
    {
        await using var provider = await StartAsync(Status(500, $"{Key} {Echo}"));
        using var client = Client(provider);
        for (var i = 0; i < 10; i++)
        {
            await FailAsync(client);
        }

        AssertClean((await FailAsync(client)).ToString());
    }

    [Fact]
    public void Options_may_be_logged()
    {
        var options = new OpenAIOptions { Model = "m", ApiKey = Key, BaseUrl = new Uri($"http://ada:{Key}@localhost:9/v1?key={Key}") };

        AssertClean(options.ToString());
        AssertClean($"{options}");
        Assert.Equal("m at http://localhost:9/v1", options.ToString());
    }

    [Theory]
    [InlineData(Key + "\n")]
    [InlineData(Key + "\r\n")]
    [InlineData(Key + "\0")]
    [InlineData(Key + "é")]
    public void A_key_that_no_header_can_carry_is_refused_without_showing_it(string key)
    {
        var failure = Assert.Throws<TroupeException>(() => new OpenAIChatClient(new OpenAIOptions { Model = "m", ApiKey = key }));

        Assert.Equal("option_out_of_range", failure.Code);
        Assert.Contains("ApiKey", failure.Message, StringComparison.Ordinal);
        AssertClean(failure.ToString());
    }

    [Fact]
    public async Task The_key_goes_where_it_belongs()
    {
        await using var provider = await StartAsync(Says("Hi"));
        using var client = Client(provider);

        await AskAsync(client);

        var exchange = await provider.NextAsync();
        Assert.Equal($"Bearer {Key}", exchange.Headers["Authorization"]);
        Assert.DoesNotContain(Key, exchange.Body + exchange.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_of_one_call_do_not_go_with_the_next()
    {
        await using var provider = await StartAsync(Status(500, "{}", ("Set-Cookie", "person=ada; Path=/")), Says("Hi"));
        using var client = Client(provider);

        await FailAsync(client);
        await AskAsync(client);

        await provider.NextAsync();
        Assert.DoesNotContain("Cookie", (await provider.NextAsync()).Headers.Keys);
    }

    private static void AssertClean(string text)
    {
        Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Echo, text, StringComparison.Ordinal);
    }

    private sealed class Memo : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
