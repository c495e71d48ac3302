using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Troupe.Telemetry;

namespace Troupe.Bench;

/// <summary>Sends prepared HTTP/1.1 requests over raw sockets, one after another on each connection, and counts the answers.
/// It parses no more than it must, so that the server gets the machine.</summary>
internal static class LoadGenerator
{
    /// <summary>What a run brought.</summary>
    internal sealed record Result(long Answers, long Failures, TimeSpan Duration, HistogramSummary Microseconds)
    {
        public double PerSecond => Answers / Duration.TotalSeconds;
    }

    public static byte[] Post(string path, string body, string? token = null) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: bench\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <param name="url">The server.</param>
    /// <param name="connections">Connections at once.</param>
    /// <param name="duration">How long new requests are begun.</param>
    /// <param name="request">The bytes of a connection's n-th request.</param>
    public static async Task<Result> RunAsync(string url, int connections, TimeSpan duration, Func<int, int, byte[]> request)
    {
        var endpoint = EndpointOf(url);
        var latencies = new Histogram();
        long answers = 0;
        long failures = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(connection => Task.Run(async () =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(endpoint);
            var buffer = new byte[16 * 1024];
            for (var n = 0; watch.Elapsed < duration; n++)
            {
                var begun = Stopwatch.GetTimestamp();
                if (await ExchangeAsync(socket, request(connection, n), buffer) / 100 == 2)
                {
                    Interlocked.Increment(ref answers);
                    latencies.Record(Stopwatch.GetElapsedTime(begun));
                }
                else
                {
                    Interlocked.Increment(ref failures);
                }
            }
        })));
        return new Result(answers, failures, watch.Elapsed, latencies.Summarize());
    }

    /// <summary>One request each on many connections, begun evenly over a time.</summary>
    public static async Task<Result> BurstAsync(string url, int connections, TimeSpan ramp, Func<int, byte[]> request)
    {
        var endpoint = EndpointOf(url);
        var latencies = new Histogram();
        long answers = 0;
        long failures = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async connection =>
        {
            await Task.Delay(ramp * connection / connections);
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(endpoint);
                var begun = Stopwatch.GetTimestamp();
                if (await ExchangeAsync(socket, request(connection), new byte[4096]) / 100 == 2)
                {
                    Interlocked.Increment(ref answers);
                    latencies.Record(Stopwatch.GetElapsedTime(begun));
                    return;
                }
            }
            catch (SocketException)
            {
                // Counted below, as any other failure.
            }

            Interlocked.Increment(ref failures);
        }));
        return new Result(answers, failures, watch.Elapsed, latencies.Summarize());
    }

    private static IPEndPoint EndpointOf(string url) => new(IPAddress.Loopback, new Uri(url).Port);

    private static async Task<int> ExchangeAsync(Socket socket, byte[] request, byte[] buffer)
    {
        await socket.SendAsync(request);
        var received = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(received));
            if (read == 0)
            {
                return 0;
            }

            received += read;
            var head = buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8);
            if (head >= 0)
            {
                var status = int.Parse(buffer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
                var missing = head + 4 + LengthOf(buffer.AsSpan(0, head)) - received;
                while (missing > 0)
                {
                    read = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(missing, buffer.Length)));
                    missing -= read;
                    if (read == 0)
                    {
                        return 0;
                    }
                }

                return status;
            }
        }
    }

    private static int LengthOf(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        if (at < 0)
        {
            return 0;
        }

        var rest = head[(at + name.Length)..];
        var end = rest.IndexOf((byte)'\r');
        return int.Parse(end < 0 ? rest : rest[..end], System.Globalization.CultureInfo.InvariantCulture);
    }
}
