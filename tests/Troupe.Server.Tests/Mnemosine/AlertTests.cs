using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Troupe.Agents;
using Troupe.Tests;
using Troupe.Tests.Models;

namespace Troupe.Server.Tests.Mnemosine;

public sealed class AlertTests : IDisposable
{
    private const string Check = "failures_scripted";

    private readonly ScriptedChatClient _model = new();
    private readonly LogLines _logs = new();

    [Fact]
    public async Task A_level_is_left_below_where_it_was_entered_and_each_change_is_one_line_of_the_log()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(r => r.Models.Add("scripted", _model), options: new AgentRuntimeOptions { Time = time }, logs: _logs);

        Assert.Equal("failing", await LevelAfterAsync(server, failed: 1, answered: 0));
        Assert.Equal("failing", await LevelAfterAsync(server, failed: 0, answered: 2));
        Assert.Equal("warning", await LevelAfterAsync(server, failed: 0, answered: 2));
        Assert.Equal("warning", await LevelAfterAsync(server, failed: 1, answered: 0));
        Assert.Equal("failing", await LevelAfterAsync(server, failed: 2, answered: 0));

        // Nobody asks: the server looks by itself, and what is older than five minutes no longer counts.
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["is failing:", "is warning again:", "is failing:", "is ok again:"], Changes());
        Assert.Equal("warning", await LevelAfterAsync(server, failed: 1, answered: 9));
        Assert.Equal("warning", await LevelAfterAsync(server, failed: 0, answered: 23));
        Assert.Equal("ok", await LevelAfterAsync(server, failed: 0, answered: 20));
        Assert.Equal(["is warning:", "is ok again:"], Changes().Skip(4));
    }

    [Fact]
    public async Task The_webhook_is_told_again_while_it_fails_and_not_when_it_refuses()
    {
        var time = new ObservedTime();
        await using var hook = await Hook.StartAsync(500, 429, 204, 400, 204);
        await using var server = await TestServer.StartAsync(
            r => r.Models.Add("scripted", _model), new ServerSettings { AlertWebhook = new Uri($"{hook.Url}/alerts?token=secret-of-the-hook") }, options: new AgentRuntimeOptions { Time = time }, logs: _logs);

        // Those of the server's own timers, which begin with it.
        time.Forget();
        await LevelAfterAsync(server, failed: 1, answered: 0);

        var first = await hook.NextAsync();
        Assert.Equal((Check, "ok", "failing", 100), (first.Text("check"), first.Text("from"), first.Text("to"), first.Number("value")));
        Assert.Contains("failing from 50 until below 25", first.Text("detail"), StringComparison.Ordinal);
        await PassAsync(time, TimeSpan.FromSeconds(1));
        Assert.Equal(first.GetRawText(), (await hook.NextAsync()).GetRawText());
        await PassAsync(time, TimeSpan.FromSeconds(5));
        Assert.Equal(first.GetRawText(), (await hook.NextAsync()).GetRawText());

        await LevelAfterAsync(server, failed: 0, answered: 4);
        Assert.Equal("warning", (await hook.NextAsync()).Text("to"));
        await LevelAfterAsync(server, failed: 4, answered: 0);
        Assert.Equal(("warning", "failing"), await hook.NextAsync() is var last ? (last.Text("from"), last.Text("to")) : default);
        Assert.Contains($"The webhook was not told that {Check} is warning: it answered 400", _logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-the-hook", _logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_that_never_answers_holds_up_nothing()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using (var server = await TestServer.StartAsync(r => r.Models.Add("scripted", _model), new ServerSettings { AlertWebhook = new Uri($"http://{silent.LocalEndpoint}") }))
        {
            Assert.Equal("failing", await LevelAfterAsync(server, failed: 5, answered: 0));
            Assert.Equal("warning", await LevelAfterAsync(server, failed: 0, answered: 20));
            Assert.Equal("failing", await LevelAfterAsync(server, failed: 20, answered: 0));
        }
    }

    [Theory]
    [InlineData("hooks.example")]
    [InlineData("ftp://hooks.example/secret-of-the-hook")]
    public void An_address_that_cannot_be_posted_to_is_refused_and_not_told(string address)
    {
        var failure = Assert.Throws<TroupeException>(() => ServerSettings.Read(name => name == "TROUPE_ALERT_WEBHOOK" ? address : null));
        Assert.Equal("TROUPE_ALERT_WEBHOOK", failure.Member);
        Assert.DoesNotContain(address, failure.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _logs.Dispose();
    }

    /// <summary>Lets a wait begin, and then end.</summary>
    private static async Task PassAsync(ObservedTime time, TimeSpan wait)
    {
        while (await time.NextWaitAsync() != wait)
        {
            // Other waits begin too.
        }

        time.Advance(wait);
    }

    private async Task<string> LevelAfterAsync(TestServer server, int failed, int answered)
    {
        for (var n = 0; n < failed + answered; n++)
        {
            var said = server.Admin.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello", cache = false });
            var call = await _model.NextAsync();
            if (n < failed)
            {
                call.Fail(new IOException("down"));
            }
            else
            {
                call.Finish("Yes.");
            }

            Assert.Equal(n < failed ? "failed" : "completed", (await said).Text("status"));
        }

        using var response = await server.Admin.GetAsync("/api/v1/performance/health-detailed", Limits.Token);
        var health = JsonElement.Parse(await response.Content.ReadAsStringAsync(Limits.Token));
        return health.GetProperty("checks").EnumerateArray().Single(c => c.Text("name") == Check).Text("status");
    }

    private List<string> Changes() =>
        [.. _logs.Text.Split('\n').Where(l => l.StartsWith($"Troupe.Health {Check} ", StringComparison.Ordinal)).Select(l => l[$"Troupe.Health {Check} ".Length..(l.IndexOf(':', StringComparison.Ordinal) + 1)])];

    /// <summary>Where alerts are posted to: it answers those of the check with one status after another, and all others with 204.</summary>
    private sealed class Hook(WebApplication app, int[] statuses) : IAsyncDisposable
    {
        private readonly Channel<JsonElement> _told = Channel.CreateUnbounded<JsonElement>();
        private readonly ConcurrentQueue<int> _statuses = new(statuses);

        public string Url => app.Urls.First();

        public static async Task<Hook> StartAsync(params int[] statuses)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var hook = new Hook(app, statuses);
            app.Run(hook.TakeAsync);
            await app.StartAsync();
            return hook;
        }

        public async Task<JsonElement> NextAsync() => await _told.Reader.ReadAsync(Limits.Token);

        public async ValueTask DisposeAsync() => await app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var alert = JsonElement.Parse(await reader.ReadToEndAsync());
            var isWanted = alert.Text("check") == Check;
            context.Response.StatusCode = isWanted && _statuses.TryDequeue(out var status) ? status : StatusCodes.Status204NoContent;
            await context.Response.CompleteAsync();
            if (isWanted)
            {
                _told.Writer.TryWrite(alert);
            }
        }
    }
}
