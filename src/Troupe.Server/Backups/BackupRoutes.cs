using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Server.Keys;

namespace Troupe.Server.Backups;

/// <summary>A backup that was written: where it lies on the server's machine.</summary>
public sealed record BackupCreated(string Path, long Bytes);

/// <summary>The route of backups. A backup stays on the server's machine, for whoever operates that; no key reads other people's words
/// through it.</summary>
internal sealed class BackupRoutes(AgentRuntime runtime, ServerSettings settings)
{
    private readonly SemaphoreSlim _one = new(1);

    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/api/v1/backups", Scope.Admin, CreateAsync).Answers<BackupCreated>(StatusCodes.Status201Created);

    private async Task CreateAsync(HttpContext context)
    {
        if (!await _one.WaitAsync(0))
        {
            throw new TroupeException(ErrorKind.Conflict, "backup_running", "A backup is being written. Wait for it.");
        }

        try
        {
            // Everything that was told is in it, also what is batched.
            await runtime.Journal.FlushAsync(context.RequestAborted);
            var folder = Path.Combine(Path.GetFullPath(settings.Data), "backups");
            Directory.CreateDirectory(folder);
            var name = string.Create(CultureInfo.InvariantCulture, $"troupe-{runtime.Time.GetUtcNow():yyyyMMdd-HHmmss-fff}.db");
            var path = Path.Combine(folder, name);
            var unfinished = $"{path}.tmp";
            try
            {
                await runtime.Store.BackupAsync(unfinished, context.RequestAborted);
                File.Move(unfinished, path);
            }
            finally
            {
                File.Delete(unfinished);
            }

            context.Response.StatusCode = StatusCodes.Status201Created;
            await JsonReply.WriteAsync(context, new BackupCreated(path, new FileInfo(path).Length), ServerJson.Default.BackupCreated);
        }
        finally
        {
            _one.Release();
        }
    }
}
