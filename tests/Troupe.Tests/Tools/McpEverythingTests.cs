using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Troupe.Tools;

namespace Troupe.Tests.Tools;

/// <summary>The protocol's own reference server, over standard streams and over HTTP.</summary>
public sealed class McpEverythingTests
{
    // By itself it listens on all addresses.
    private const string OnLoopback =
        "data:text/javascript,import net from 'node:net';const listen=net.Server.prototype.listen;net.Server.prototype.listen=function(port,...rest){return listen.call(this,port,'127.0.0.1',...rest)}";

    [Fact]
    public async Task The_reference_server_is_understood_over_standard_streams()
    {
        await using var stage = new McpStage(change: o => o with { Command = "node", Arguments = [Program(), "stdio"] });
        await CheckAsync(stage);
    }

    [Fact]
    public async Task The_reference_server_is_understood_over_HTTP_and_reached_anew_after_its_end()
    {
        var port = FreePort();
        var process = await ListenAsync(port);
        try
        {
            var time = new ManualTime();
            await using var stage = new McpStage(time: time, change: o => o with
            {
                Command = null,
                Url = new Uri($"http://127.0.0.1:{port}/mcp"),
                Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Api-Key"] = McpStage.Secret },
            });
            await CheckAsync(stage);

            process.Kill();
            await process.WaitForExitAsync(Limits.Token);
            Assert.NotEqual(ToolStatus.Ok, (await stage.CallAsync("odd__echo", """{"message":"hello"}""")).Status);
            process.Dispose();
            process = await ListenAsync(port);
            await stage.Log.SaidAsync("has ended");
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal((ToolStatus.Ok, "Echo: again"), await stage.CallAsync("odd__echo", """{"message":"again"}"""));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_over_HTTP_that_answers_nothing_any_more_is_reached_anew_or_left(bool comesBack)
    {
        var port = FreePort();
        using var process = await ListenAsync(port);
        try
        {
            await using var stage = new McpStage(change: o => o with
            {
                Command = null,
                Url = new Uri($"http://127.0.0.1:{port}/mcp"),
                Deadline = TimeSpan.FromSeconds(0.5),
                PingTimeout = TimeSpan.FromSeconds(0.5),
            });
            Assert.Equal("Echo: hello", await EchoAsync("hello"));
            await SignalAsync("STOP");
            var waiting = EchoAsync("waiting");
            Assert.Equal(ToolStatus.Unknown, (await stage.CallAsync("odd__echo", """{"message":"lost"}""")).Status);
            await stage.Log.SaidAsync("nor a ping within 0.5 s");
            await stage.Log.SaidAsync("has ended");
            Assert.Contains("no longer answered and was ended in the middle of the call", await waiting, StringComparison.Ordinal);
            if (!comesBack)
            {
                // It does not hold up the end either.
                await stage.Server.DisposeAsync().AsTask().Soon();
                return;
            }

            await SignalAsync("CONT");
            Assert.Equal("Echo: again", await EchoAsync("again"));
            await stage.Log.SaidAsync("has started", 2);

            // Without a runner, so that the deadline is no bound on a machine that is shared.
            async Task<string> EchoAsync(string message)
            {
                var echo = (await stage.Server.ToolsAsync(Limits.Token)).Single(t => t.Name == "odd__echo").Function;
                return ((ToolAnswer)(await echo.InvokeAsync(new() { ["message"] = message }, Limits.Token))!).Text;
            }
        }
        finally
        {
            process.Kill();
        }

        async Task SignalAsync(string signal)
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
            await kill.WaitForExitAsync(Limits.Token);
        }
    }

    private static async Task CheckAsync(McpStage stage)
    {
        Assert.Contains("odd__echo", (await stage.LookAsync()).Select(t => t.Name));
        Assert.Equal((ToolStatus.Ok, "Echo: hello"), await stage.CallAsync("odd__echo", """{"message":"hello"}"""));
        Assert.Equal(ToolStatus.Error, (await stage.CallAsync("odd__get-sum", """{"a":"no number"}""")).Status);
        Assert.Contains("image", (await stage.CallAsync("odd__get-tiny-image")).Text, StringComparison.Ordinal);
    }

    private static async Task<Process> ListenAsync(int port)
    {
        var start = new ProcessStartInfo("node", ["--import", OnLoopback, Program(), "streamableHttp"]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PORT"] = $"{port}";
        var process = Process.Start(start)!;
        var listening = new TaskCompletionSource();
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await listening.Task.Soon();
        return process;

        void Heard(string? line)
        {
            if (line?.Contains("listening on port", StringComparison.Ordinal) == true)
            {
                listening.TrySetResult();
            }
        }
    }

    private static string Program()
    {
        var program = Path.Combine(House.Root, "tests", "clients", "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
        Assert.True(File.Exists(program), "The server is not installed: run 'npm ci' in tests/clients, or ./test.");
        return program;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
