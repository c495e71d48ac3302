using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Server.Keys;

namespace Troupe.Server.Import;

/// <summary>The route that takes a file of conversations as it is.</summary>
internal sealed partial class ImportRoutes(AgentRuntime runtime, SessionImport sessions, ServerSettings settings, ServerState state, ILogger<ImportRoutes> log)
{
    private const int MaxName = 255;

    // What is read is in memory several times over; what waits for it is on the disk.
    private const int MaxReading = 2;

    private static readonly string[] MediaTypes = ["application/json", "application/x-ndjson", "application/octet-stream", "text/plain"];

    private readonly ImportPlaces _places = new();
    private readonly SemaphoreSlim _reading = new(MaxReading);

    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/api/v1/import", Scope.Chat, ImportAsync).TakesFile(MediaTypes).Asks("agent", "name").Answers<ImportReport>();

    private static string? NameOf(HttpContext context)
    {
        var name = context.Request.Query["name"].ToString();
        TextRules.Check(name, "name");
        return name.Length == 0 ? null
            : name.Length <= MaxName ? name
            : throw new TroupeException(ErrorKind.Invalid, "query_invalid", $"'name' has {name.Length} characters; it must have 1 to {MaxName}.") { Member = "name" };
    }

    private string? AgentOf(HttpContext context)
    {
        var agent = context.Request.Query["agent"].ToString();
        return agent.Length == 0 ? null : runtime.Agents.Get(agent).Name;
    }

    private async Task ImportAsync(HttpContext context)
    {
        // What makes it once is where conversations come from; a key adds nothing, but a bad one is refused as everywhere.
        _ = context.IdempotencyKey;
        var agent = AgentOf(context);
        var name = NameOf(context);
        using var place = _places.Take(context.Caller.Owner);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, state.Stopping, context.Caller.Revoked);
        ImportReport report;
        try
        {
            await using var file = await ReceivedFile.ReceiveAsync(context, settings, stop.Token);
            report = await ReadAsync(file, name, new FileImport(runtime, sessions, context.Caller.Owner, agent), stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw FileImport.Stopped();
        }

        await JsonReply.WriteAsync(context, report, ServerJson.Default.ImportReport);
    }

    private async Task<ImportReport> ReadAsync(FileStream file, string? name, FileImport import, CancellationToken stop)
    {
        await _reading.WaitAsync(stop);
        try
        {
            var report = await import.RunAsync(file, name, stop);
            if (import.Failure is not (null or TroupeException))
            {
                LogInterrupted(import.Failure);
            }

            return report;
        }
        finally
        {
            _reading.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "An import failed in the middle of a file")]
    private partial void LogInterrupted(Exception failure);
}
