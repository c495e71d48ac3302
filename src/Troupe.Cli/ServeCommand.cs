using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Apps.Mnemosine;
using Troupe.Server;
using Troupe.Server.Keys;
using Troupe.Sqlite;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Cli;

/// <summary><c>troupe serve</c>: puts everything together and serves until it is told to stop.</summary>
internal static class ServeCommand
{
    private const string TokenFile = "server.token";

    public static Command Create()
    {
        var command = new Command("serve", "Serve agents over HTTP. Settings come from the environment and from .env.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = DotEnv.Open(".env");
            var settings = ServerSettings.Read(read);
            using var logs = LoggerFactory.Create(Logging);
            await using var runtime = new AgentRuntime(Open(settings), RuntimeOptions(settings, logs));
            ModelSetup.Add(runtime.Models, read);
            MnemosineApp.AddAgents(runtime);
            await using var host = ServerHost.Build(runtime, settings, [MnemosineApp.Map], Logging);
            return await ServeAsync(host, runtime, settings, cancellationToken);
        }
        catch (TroupeException failure) when (failure.Kind == ErrorKind.Setup)
        {
            await Console.Error.WriteLineAsync($"troupe: {failure.Message}");
            return ExitCodes.Setup;
        }
    }

    private static async Task<int> ServeAsync(ServerHost host, AgentRuntime runtime, ServerSettings settings, CancellationToken cancellationToken)
    {
        var token = KeyToken(settings, out var file);
        host.AddOperator(token, settings.ApiKey is null ? "server" : "environment");
        try
        {
            await ListenAsync(host, settings, cancellationToken);
            await GreetAsync(host.Url, file, runtime.Models.Default);
            return await ServeUntilStoppedAsync(host, runtime, cancellationToken);
        }
        finally
        {
            if (file is not null)
            {
                File.Delete(file);
            }
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

    private static SqliteStore Open(ServerSettings settings) =>
        SqliteStore.Open(new SqliteOptions { Folder = settings.Data, MaxReaders = settings.DbPoolSize + settings.DbMaxOverflow });

    private static AgentRuntimeOptions RuntimeOptions(ServerSettings settings, ILoggerFactory logs) => new()
    {
        Journal = new JournalOptions { SaveInterval = TimeSpan.FromSeconds(settings.SaveIntervalSeconds) },
        Sessions = new SessionDirectoryOptions { Idle = TimeSpan.FromSeconds(settings.CacheTtlSeconds) },
        Logs = logs,
    };

    /// <summary>The operator's token: the given key, or one that lives as long as this process, in a file that only this user reads.</summary>
    private static string KeyToken(ServerSettings settings, out string? file)
    {
        if (settings.ApiKey is { } given)
        {
            file = null;
            return given;
        }

        var token = KeyRing.NewToken();
        file = Path.Combine(settings.Data, TokenFile);
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(file, options);
        writer.Write(token);
        return token;
    }

    private static async Task GreetAsync(string url, string? file, string? model)
    {
        var key = file is null ? "$TROUPE_API_KEY" : $"$(cat {file})";
        await Console.Out.WriteLineAsync($$"""
            Troupe serves on {{url}} with the model '{{model}}'. Stop with Ctrl-C. Talk to it:

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
