using System.Buffers;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Troupe.Server.Http;

/// <summary>Server-sent events to one client, with a comment as heartbeat while nothing happens.</summary>
public sealed class EventStream(HttpContext context, TimeProvider time)
{
    internal static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly byte[] Beat = ": still here\n\n"u8.ToArray();

    /// <summary>Sets the answer's status and headers; before anything is written.</summary>
    public void Begin()
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Writes one event; it leaves with the next <see cref="FlushAsync"/>.</summary>
    public void Write<T>(string? name, string? id, T data, JsonTypeInfo<T> type)
    {
        var body = context.Response.BodyWriter;
        if (name is not null)
        {
            WriteLine("event: ", name);
        }

        if (id is not null)
        {
            WriteLine("id: ", id);
        }

        body.Write("data: "u8);
        body.Write(JsonReply.Serialize(data, type));
        body.Write("\n\n"u8);

        void WriteLine(string field, string value)
        {
            Encoding.UTF8.GetBytes(field, body);
            Encoding.UTF8.GetBytes(value, body);
            body.Write("\n"u8);
        }
    }

    internal void WriteDone() => context.Response.BodyWriter.Write("data: [DONE]\n\n"u8);

    /// <summary>Sends what is written; completes when the client has room for more.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await context.Response.BodyWriter.FlushAsync(cancellationToken);

    /// <summary>Each element when it comes, and a heartbeat while it does not. The source must heed its token.</summary>
    public async Task SendAsync<T>(IAsyncEnumerable<T> source, Action<T> write, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var elements = source.GetAsyncEnumerator(stop.Token);
        var next = elements.MoveNextAsync();
        Task<bool>? waited = null;
        try
        {
            await FlushAsync(cancellationToken);
            while (true)
            {
                if (!next.IsCompleted)
                {
                    // What is written so far leaves before the wait begins.
                    waited = next.AsTask();
                    await FlushAsync(cancellationToken);
                    await BeatUntilAsync(waited, cancellationToken);
                    next = new(waited);
                }

                if (!await next)
                {
                    await FlushAsync(cancellationToken);
                    return;
                }

                write(elements.Current);
                next = elements.MoveNextAsync();
            }
        }
        finally
        {
            if (waited is { IsCompleted: false })
            {
                // A source must not be disposed while it moves.
                await stop.CancelAsync();
                await waited.ContinueWith(static moved => _ = moved.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    private async Task BeatUntilAsync(Task<bool> next, CancellationToken cancellationToken)
    {
        while (!next.IsCompleted)
        {
            try
            {
                await next.WaitAsync(Heartbeat, time, CancellationToken.None);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                context.Response.BodyWriter.Write(Beat);
                await FlushAsync(cancellationToken);
            }
        }
    }
}
