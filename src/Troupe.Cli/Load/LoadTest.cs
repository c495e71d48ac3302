using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Troupe.Cli.Link;
using Troupe.Telemetry;

namespace Troupe.Cli.Load;

/// <summary>Says the same to many sessions, one message after another on each connection, for a time, and deletes them afterwards.</summary>
internal sealed class LoadTest(ServerLink link, int connections, TimeSpan duration, int sessions, string agent, string message)
{
    private readonly Histogram _latency = new();
    private long _errors;
    private string? _firstError;

    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        var ids = new string[sessions];
        try
        {
            await EachAsync(ids.Length, async i => ids[i] = (await link.SendAsync(
                HttpMethod.Post, "/api/v1/sessions", JsonContent.Create(new JsonObject { ["agent"] = agent }, JsonContext.Default.JsonObject), cancellationToken)).GetProperty("id").GetString()!);
            var watch = Stopwatch.StartNew();
            using var progress = new Timer(_ => Report(watch.Elapsed), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            var body = Encoding.UTF8.GetBytes(new JsonObject { ["message"] = message }.ToJsonString());
            await Task.WhenAll(Enumerable.Range(0, connections).Select(connection => Task.Run(
                async () =>
                {
                    for (var n = 0; watch.Elapsed < duration && !cancellationToken.IsCancellationRequested; n++)
                    {
                        await SayAsync(ids[(connection + (n * connections)) % ids.Length], body, cancellationToken);
                    }
                },
                CancellationToken.None)));
            return new LoadResult(connections, watch.Elapsed, _latency.Summarize(), Volatile.Read(ref _errors), _firstError);
        }
        finally
        {
            await EachAsync(ids.Length, async i =>
            {
                if (ids[i] is { } id)
                {
                    await link.SendAsync(HttpMethod.Delete, $"/api/v1/sessions/{id}", null, CancellationToken.None);
                }
            });
        }
    }

    private async Task SayAsync(string session, byte[] body, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await link.Http.PostAsync($"/api/v1/sessions/{session}/turns", content, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode && answer.Contains("\"status\":\"completed\"", StringComparison.Ordinal))
            {
                _latency.Record(Stopwatch.GetElapsedTime(begun));
                return;
            }

            Fail($"HTTP {(int)response.StatusCode}: {(answer.Length > 200 ? answer[..200] : answer)}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Fail(failure.Message);
        }
    }

    private void Fail(string how)
    {
        Interlocked.Increment(ref _errors);
        Interlocked.CompareExchange(ref _firstError, how, null);
    }

    private void Report(TimeSpan elapsed)
    {
        var soFar = _latency.Summarize();
        Console.Error.Write($"{(Console.IsErrorRedirected ? "" : "\r")}{elapsed.TotalSeconds:0} s: {soFar.Count:N0} turns, p99 {soFar.P99 / 1000:0.0} ms, {Volatile.Read(ref _errors)} errors {(Console.IsErrorRedirected ? "\n" : "")}");
    }

    private static async Task EachAsync(int count, Func<int, Task> work) =>
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => await work(i));
}
