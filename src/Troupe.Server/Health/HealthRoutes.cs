using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Server.Keys;

namespace Troupe.Server.Health;

/// <summary>Whether the server lives or is ready.</summary>
public sealed record HealthView(string Status, string? Reason = null);

/// <summary>The routes that load balancers ask. Liveness asks no dependency.</summary>
internal sealed class HealthRoutes(AgentRuntime runtime, ServerState state)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/health/live", Scope.Public, LiveAsync).Answers<HealthView>();
        routes.Get("/health/ready", Scope.Public, ReadyAsync).Answers<HealthView>();
    }

    private static Task LiveAsync(HttpContext context) => JsonReply.WriteAsync(context, new HealthView("live"), ServerJson.Default.HealthView);

    private Task ReadyAsync(HttpContext context)
    {
        var reason = state.IsStopping ? "stopping" : runtime.Journal.Faulted.IsCompleted ? "store_faulted" : null;
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return JsonReply.WriteAsync(context, new HealthView(reason is null ? "ready" : "not_ready", reason), ServerJson.Default.HealthView);
    }
}
