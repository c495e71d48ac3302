using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Troupe.Tests.Models;

/// <summary>A provider over real HTTP on a free port of this machine. Each request is answered by the next part of the script; the last
/// part answers all that follow.</summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Func<Exchange, Task>[] _script;
    private readonly ConcurrentQueue<Exchange> _exchanges = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private int _count;

    private FakeProvider(WebApplication app, Func<Exchange, Task>[] script)
    {
        _app = app;
        _script = script;
    }

    public Uri BaseUrl => new(_app.Urls.Single() + "/v1");

    /// <summary>How many requests have come.</summary>
    public int Count => Volatile.Read(ref _count);

    public static async Task<FakeProvider> StartAsync(params Func<Exchange, Task>[] script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var provider = new FakeProvider(app, script);
        app.Run(provider.AnswerAsync);
        await app.StartAsync(Limits.Token);
        return provider;
    }

    /// <summary>A part of a script: one answer with a status and a body.</summary>
    public static Func<Exchange, Task> Status(int status, string body = "", params (string Name, string Value)[] headers) =>
        exchange => exchange.AnswerAsync(status, body, headers);

    /// <summary>A part of a script: a stream of events, which ends in good order.</summary>
    public static Func<Exchange, Task> Events(params string[] data) => exchange => exchange.SendAsync(data);

    /// <summary>A part of a script: a text and a regular end.</summary>
    public static Func<Exchange, Task> Says(string text) => Events(Text(text), Finish(), "[DONE]");

    public static string Text(string text) => JsonSerializer.Serialize(new { id = "c1", choices = new[] { new { index = 0, delta = new { content = text } } } });

    public static string Finish(string reason = "stop") =>
        JsonSerializer.Serialize(new { id = "c1", choices = new[] { new { index = 0, delta = new { }, finish_reason = reason } } });

    /// <summary>The next request in order of arrival.</summary>
    public async Task<Exchange> NextAsync()
    {
        Assert.True(await _arrived.WaitAsync(Limits.Wait), "No request came.");
        return _exchanges.TryDequeue(out var exchange) ? exchange : throw new InvalidOperationException("A request was taken twice.");
    }

    public async ValueTask DisposeAsync()
    {
        // A part of the script that still hangs must not hold up the end of the test.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var exchange = new Exchange(context, await reader.ReadToEndAsync(context.RequestAborted));
        var number = Interlocked.Increment(ref _count);
        _exchanges.Enqueue(exchange);
        _arrived.Release();
        try
        {
            await _script[Math.Min(number, _script.Length) - 1](exchange);
        }
        catch (OperationCanceledException)
        {
            // The client has gone, which is what some tests are about.
        }
    }

    /// <summary>One request and its answer, under the script's control.</summary>
    internal sealed class Exchange
    {
        private readonly HttpContext _context;
        private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exchange(HttpContext context, string body)
        {
            _context = context;
            Body = body;
            Path = context.Request.Path + context.Request.QueryString;
            Headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            context.RequestAborted.Register(_gone.SetResult);
        }

        public string Body { get; }

        public string Path { get; }

        public Dictionary<string, string> Headers { get; }

        /// <summary>Completes when the client has left before the end.</summary>
        public Task Gone => _gone.Task;

        public Task AnswerAsync(int status, string body, params (string Name, string Value)[] headers) =>
            AnswerBytesAsync(status, Encoding.UTF8.GetBytes(body), headers);

        public async Task AnswerBytesAsync(int status, byte[] body, params (string Name, string Value)[] headers)
        {
            Begin(status, "application/json");
            foreach (var (name, value) in headers)
            {
                _context.Response.Headers[name] = value;
            }

            await SendBytesAsync(body);
        }

        /// <summary>Chooses how the answer begins; a stream of events unless called.</summary>
        public void Begin(int status, string contentType)
        {
            _context.Response.StatusCode = status;
            _context.Response.ContentType = contentType;
        }

        /// <summary>Sends events; the first call begins the stream.</summary>
        public async Task SendAsync(params string[] data)
        {
            foreach (var item in data)
            {
                await SendRawAsync($"data: {item}\n\n");
            }
        }

        /// <summary>Sends text of a stream as it is.</summary>
        public Task SendRawAsync(string text) => SendBytesAsync(Encoding.UTF8.GetBytes(text));

        /// <summary>Sends bytes of a stream as they are, at once.</summary>
        public async Task SendBytesAsync(byte[] bytes)
        {
            _context.Response.ContentType ??= "text/event-stream";
            await _context.Response.Body.WriteAsync(bytes, _context.RequestAborted);
            await _context.Response.Body.FlushAsync(_context.RequestAborted);
        }

        /// <summary>Breaks the connection.</summary>
        public void Reset() => _context.Abort();

        /// <summary>Says nothing more until the client leaves.</summary>
        public Task HangAsync() => _gone.Task.WaitAsync(Limits.Wait);
    }
}
