using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Troupe.Bench;

/// <summary>The floor that the server is compared with: Kestrel with one route that reads the body and answers the same bytes. No key, no
/// JSON, no disk.</summary>
internal static class BareHost
{
    public static Task RunAsync(string answer)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        return ServeAsync(async context =>
        {
            while (true)
            {
                var read = await context.Request.BodyReader.ReadAsync();
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            context.Response.ContentType = "application/json";
            context.Response.ContentLength = bytes.Length;
            await context.Response.BodyWriter.WriteAsync(bytes);
        });
    }

    /// <summary>Answers every POST on a free port, until it is ended.</summary>
    public static async Task ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/{*path}", answer);
        app.UseEndpoints(static _ => { });
        await app.StartAsync();
        await Console.Out.WriteLineAsync($"Serves on {app.Urls.First()} .");

        // Ends by itself should whoever started it die.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        await app.WaitForShutdownAsync(limit.Token);
    }
}
