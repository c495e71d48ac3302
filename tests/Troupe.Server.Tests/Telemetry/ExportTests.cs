using System.Net;
using System.Net.Sockets;
using Troupe.Tests;

namespace Troupe.Server.Tests.Telemetry;

public sealed class ExportTests
{
    private const string Secret = "Mississippi-4711";

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Turns_calls_and_metrics_reach_a_collector_before_the_server_ends(string protocol)
    {
        using var folder = new TempFolder();
        await using var collector = await Collector.StartAsync(protocol == "grpc");
        string session;
        await using (var server = await ServerProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("OTEL_SERVICE_NAME", "my-troupe"),
            ("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_METRIC_EXPORT_INTERVAL", "600000"), ("TROUPE_MODEL", "fixed")))
        {
            using var client = server.Client();
            session = (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = $"Remember {Secret}." })).Text("session_id");
            using var traced = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/sessions/{session}/turns") { Content = new StringContent($$"""{"message": "And {{Secret}} again."}""", null, "application/json") };
            traced.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            using var answer = await client.SendAsync(traced, Limits.Token);
            Assert.Equal("completed", (await answer.JsonAsync()).Text("status"));

            // Nothing is due for ten minutes: what is there at the end was sent by the shutdown.
            Assert.Empty(collector.Spans);
            Assert.Equal(0, await server.TerminateAsync());
        }

        var turns = collector.Spans.Where(s => s.Name == "invoke_agent assistant").ToList();
        var calls = collector.Spans.Where(s => s.Name == "chat fixed").ToList();
        Assert.Equal((2, 2, 4), (turns.Count, calls.Count, collector.Spans.Count));
        Assert.All(turns, t =>
        {
            Assert.Equal("invoke_agent", t.Attributes["gen_ai.operation.name"]);
            Assert.Equal("assistant", t.Attributes["gen_ai.agent.name"]);
            Assert.Equal(session, t.Attributes["gen_ai.conversation.id"]);
            Assert.Equal("completed", t.Attributes["troupe.turn.state"]);
            var call = Assert.Single(calls, c => c.ParentId == t.Id);
            Assert.Equal(t.TraceId, call.TraceId);
        });
        Assert.All(calls, c => Assert.Equal(
            ("chat", "fixed", "fixed", session, "stop"),
            (c.Attributes["gen_ai.operation.name"], c.Attributes["gen_ai.provider.name"], c.Attributes["gen_ai.request.model"], c.Attributes["gen_ai.conversation.id"], c.Attributes["gen_ai.response.finish_reasons"])));

        // A turn is the client's child, where the client has a span; the web server's own span, which nobody collects, is left out.
        Assert.Single(turns, t => t.ParentId.Length == 0);
        Assert.Single(turns, t => (t.TraceId, t.ParentId) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"));

        var metrics = collector.Metrics.ToDictionary(m => m.Name);
        Assert.Equal((2, "s"), (metrics["gen_ai.client.operation.duration"].Value, metrics["gen_ai.client.operation.duration"].Unit));
        Assert.Equal("completed", metrics["troupe.turn.duration"].Points.Single()["troupe.turn.state"]);
        Assert.Equal(2, metrics["troupe.turn.duration"].Value);
        Assert.True(metrics["troupe.commit.count"].Value > 0);
        Assert.Equal(metrics["troupe.commit.count"].Value, metrics["troupe.commit.duration"].Value);
        Assert.Equal(0, metrics["troupe.queue.waiting"].Value);
        Assert.Equal(1, metrics["troupe.session.loaded"].Value);
        Assert.Equal("my-troupe", collector.Resource["service.name"]);
        Assert.NotEmpty(collector.Resource["service.version"]);
        Assert.DoesNotContain(Secret, collector.Raw, StringComparison.Ordinal);
        Assert.DoesNotContain(ServerProcess.ApiKey, collector.Raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_never_answers_holds_up_neither_turns_nor_the_end()
    {
        using var folder = new TempFolder();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var server = await ServerProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{silent.LocalEndpoint}"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "600000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "1"), ("OTEL_BSP_EXPORT_TIMEOUT", "600000"), ("OTEL_METRIC_EXPORT_INTERVAL", "10"), ("OTEL_METRIC_EXPORT_TIMEOUT", "600000"));
        using var client = server.Client();
        for (var n = 0; n < 20; n++)
        {
            Assert.Equal("completed", (await client.PostJsonAsync("/api/v1/agent/prompt", new { message = "Hello" })).Text("status"));
        }

        Assert.Equal(0, await server.TerminateAsync());
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    public async Task A_wrong_setting_stops_the_start_before_anything_is_made(string name, string value)
    {
        using var folder = new TempFolder();
        var (exit, _, errors) = await ServerProcess.RunToEndAsync(folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), (name, value));
        Assert.Equal(2, exit);
        Assert.Contains(name, Assert.Single(errors.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
