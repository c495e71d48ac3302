using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Troupe.Bench;

/// <summary>An OpenAI-compatible endpoint in a process of its own that says 2,000 numbered tokens, 100 a second, in markdown.</summary>
internal static class PacedProvider
{
    private const int Tokens = 2000;
    private const int PerSecond = 100;

    public static Task RunAsync() => BareHost.ServeAsync(async context =>
    {
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        var begun = TimeProvider.System.GetTimestamp();
        for (var n = 1; n <= Tokens; n++)
        {
            var due = TimeSpan.FromSeconds((double)n / PerSecond) - TimeProvider.System.GetElapsedTime(begun);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, context.RequestAborted);
            }

            await SendAsync(context, $$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"paced","choices":[{"index":0,"delta":{"content":"{{{TextOf(n)}}}"},"finish_reason":null}]}""");
        }

        await SendAsync(context, """{"id":"c","object":"chat.completion.chunk","created":1,"model":"paced","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
        await SendAsync(context, "[DONE]");
    });

    /// <summary>Paragraphs, with a heading, a list, emphasis and code among them, as answers have.</summary>
    private static string TextOf(int n)
    {
        var word = string.Create(CultureInfo.InvariantCulture, $"w{n:0000}");
        return (n % 120) switch
        {
            1 => $"\\n\\n## {word}\\n\\n",
            60 => $"{word}\\n\\n- one\\n- two\\n\\n",
            90 => $"{word}\\n\\n```js\\nlet a = 1;\\n```\\n\\n",
            _ => n % 9 == 0 ? $"**{word}** " : $"{word} ",
        };
    }

    private static async Task SendAsync(HttpContext context, string data)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
