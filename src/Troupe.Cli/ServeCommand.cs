using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Cli.Commands;
using Troupe.Cli.Link;
using Troupe.Cli.Telemetry;
using Troupe.Server;
using Troupe.Server.Keys;

namespace Troupe.Cli;

/// <summary><c>troupe serve</c>: serves until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(LinkOptions options)
    {
        var command = new Command("serve", "Serve agents over HTTP. Settings come from the environment and from .env.\n\nExample: TROUPE_PORT=8080 troupe serve");
        command.SetAction((arguments, cancellationToken) => CommandRunner.RunAsync(() => RunAsync(arguments.GetValue(options.Data), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string? data, CancellationToken cancellationToken)
    {
        var read = DotEnv.Open(".env");
        var settings = ServerSettings.Read(read);
        settings = settings with { Data = data ?? settings.Data };
        var telemetry = TelemetrySettings.Read(read);
        var (host, runtime, agents) = Composition.Build(settings, read, Logging);
        await using (runtime)
        await using (host)
        using (agents)
        using (TelemetryExport.Open(telemetry, TimeSpan.FromSeconds(settings.DrainSeconds)))
        {
            return await ServeAsync(host, runtime, settings, cancellationToken);
        }
    }

    private static async Task<int> ServeAsync(ServerHost host, AgentRuntime runtime, ServerSettings settings, CancellationToken cancellationToken)
    {
        // Commands of the same user find this process by a token that lives as long as it does.
        var token = KeyRing.NewToken();
        host.AddOperator(token, "server");
        if (settings.ApiKey is { } given)
        {
            host.AddOperator(given, "environment");
        }

        await ListenAsync(host, settings, cancellationToken);
        try
        {
            ServerFiles.Write(settings.Data, host.Url, token);
            await GreetAsync(host, settings, runtime.Models.Default);
            return await ServeUntilStoppedAsync(host, runtime, cancellationToken);
        }
        finally
        {
            ServerFiles.Delete(settings.Data);
        }
    }

    private static async Task ListenAsync(ServerHost host, ServerSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw new TroupeException(
                ErrorKind.Setup, "address_unusable", $"{settings.Host}:{settings.Port} cannot be listened on: {failure.Message.TrimEnd('.')}. Set TROUPE_PORT or TROUPE_HOST.", failure);
        }
    }

    private static async Task<int> ServeUntilStoppedAsync(ServerHost host, AgentRuntime runtime, CancellationToken cancellationToken)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stop));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        await using var cancelled = cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stop);
        var faulted = await Task.WhenAny(stop.Task, runtime.Journal.Faulted) == runtime.Journal.Faulted;
        if (faulted)
        {
            await Console.Error.WriteLineAsync("troupe: The disk failed while writing; what of the last moment is written is unknown. Nothing more is written. Check the disk and start again.");
        }

        await host.StopAsync();
        return faulted ? ExitCodes.StoreFaulted : ExitCodes.Done;
    }

    private static void Stop(PosixSignalContext signal, TaskCompletionSource stop)
    {
        // The process ends when the server has ended, not now.
        signal.Cancel = true;
        stop.TrySetResult();
    }

    private static async Task GreetAsync(ServerHost host, ServerSettings settings, string? model)
    {
        var url = host.Url;
        var key = settings.ApiKey is null ? $"$(cat {ServerFiles.TokenPath(settings.Data)})" : "$TROUPE_API_KEY";
        await Console.Out.WriteLineAsync($$"""
            Troupe serves on {{url}} with the model '{{model}}'. Stop with Ctrl-C.

            {{(host.HasPage ? "Open the page; this link logs a browser in, once ('troupe login' makes another):" : "The page is absent, because Node 20 was missing when this was built. Once it is there, this link logs a browser in:")}}

              {{host.NewLoginLink()}}

            Or talk to it:

              curl -s {{url}}/api/v1/agent/prompt -H "Authorization: Bearer {{key}}" \
                -H "Content-Type: application/json" -d '{"message": "Hello, what can you do?"}'

            """);
        await Console.Out.FlushAsync();
    }

    private static void Logging(ILoggingBuilder logging) => logging
        .SetMinimumLevel(LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)

        // A start that fails is told by the command, in one line.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            options.UseUtcTimestamp = true;
        });
}
