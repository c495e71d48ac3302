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
