using System.Buffers;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Troupe.Server.Http;

/// <summary>Server-sent events to one client, with a comment as heartbeat while nothing happens.</summary>
internal sealed class EventStream(HttpContext context, TimeProvider time)
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly byte[] Beat = ": still here\n\n"u8.ToArray();

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

    public void WriteDone() => context.Response.BodyWriter.Write("data: [DONE]\n\n"u8);

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await context.Response.BodyWriter.FlushAsync(cancellationToken);

    /// <summary>Each element when it comes, and a heartbeat while it does not.</summary>
    public async Task SendAsync<T>(IAsyncEnumerable<T> source, Action<T> write, CancellationToken cancellationToken)
    {
        await using var elements = source.GetAsyncEnumerator(cancellationToken);
        var next = elements.MoveNextAsync();
        await FlushAsync(cancellationToken);
        while (true)
        {
            if (!next.IsCompleted)
            {
                // What is written so far leaves before the wait begins.
                await FlushAsync(cancellationToken);
                next = await BeatUntilAsync(next.AsTask(), cancellationToken);
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

    private async Task<ValueTask<bool>> BeatUntilAsync(Task<bool> next, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await next.WaitAsync(Heartbeat, time, CancellationToken.None);
                return new(next);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                context.Response.BodyWriter.Write(Beat);
                await FlushAsync(cancellationToken);
            }
        }
    }
}
