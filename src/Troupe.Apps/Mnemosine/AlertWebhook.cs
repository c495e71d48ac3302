using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Troupe.Apps.Mnemosine;

/// <summary>Posts alerts to the operator's address, one after another and beside everything else. At most 64 wait, and then the oldest is left out;
/// each is tried four times. It ends with the server. Thread-safe.</summary>
internal sealed partial class AlertWebhook
{
    private const int MostWaiting = 64;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(25)];

    private readonly Channel<HealthAlert> _waiting;
    private readonly Uri _address;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public AlertWebhook(Uri address, TimeProvider time, ILogger log, CancellationToken stopping)
    {
        _address = address;
        _time = time;
        _log = log;
        _waiting = Channel.CreateBounded<HealthAlert>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, alert => LogLost(alert.Check, alert.To, "too many wait"));
        _ = Task.Run(() => RunAsync(stopping), CancellationToken.None);
    }

    /// <summary>Queues an alert.</summary>
    public void Tell(HealthAlert alert) => _waiting.Writer.TryWrite(alert);

    private async Task RunAsync(CancellationToken stopping)
    {
        // A redirect would carry the alert to an address that the operator has not named.
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            await foreach (var alert in _waiting.Reader.ReadAllAsync(stopping))
            {
                if (await SendAsync(client, alert, stopping) is { } reason)
                {
                    LogLost(alert.Check, alert.To, reason);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The log has what is not sent any more.
        }
    }

    /// <returns>Why it was not sent; null when it was.</returns>
    private async Task<string?> SendAsync(HttpClient client, HealthAlert alert, CancellationToken stopping)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (reason, mayRetry) = await TryAsync(client, alert, stopping);
            if (reason is null || !mayRetry || attempt == Pauses.Length)
            {
                return reason;
            }

            await Task.Delay(Pauses[attempt], _time, stopping);
        }
    }

    private async Task<(string? Reason, bool MayRetry)> TryAsync(HttpClient client, HealthAlert alert, CancellationToken stopping)
    {
        using var late = new CancellationTokenSource(AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stopping);
        using var request = new HttpRequestMessage(HttpMethod.Post, _address)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(alert, MnemosineJson.Default.HealthAlert)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        try
        {
            // What is answered beside the status is not read.
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return response.IsSuccessStatusCode ? (null, false)
                : ($"it answered {(int)response.StatusCode}", (int)response.StatusCode >= 500 || response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // The message could hold the address, and that a password.
            return (failure is OperationCanceledException ? "no answer in time" : failure.GetType().Name, true);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook was not told that {Check} is {Level}: {Reason}")]
    private partial void LogLost(string check, string level, string reason);
}
