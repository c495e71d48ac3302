using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Troupe.Server.Keys;
using Troupe.Server.Logins;

namespace Troupe.Server.Http;

/// <summary>What every request passes first: security headers, the key, its owner and limits; and what every error passes last.</summary>
internal sealed partial class Entrance(RequestDelegate next, KeyRing keys, ServerState state, ILogger<Entrance> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers.CacheControl = "no-store";
        KeyLimits? limits = null;
        try
        {
            var caller = Admit(context);
            caller?.Limits?.Enter(headers);
            limits = caller?.Limits;
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null })
            {
                await Problems.WriteAsync(context, Unanswered(context));
            }
        }
        catch (TroupeException error)
        {
            await FailAsync(context, error);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; its turn goes on.
        }
        catch (BadHttpRequestException bad)
        {
            await FailAsync(context, new TroupeException(ErrorKind.Invalid, bad.StatusCode == 413 ? "body_too_large" : "request_invalid", "The request is not valid HTTP, or its body ended early."));
        }
        catch (Exception failure)
        {
            LogFailed(failure, context.Request.Method, context.GetEndpoint()?.DisplayName);
            await FailAsync(context, new TroupeException(ErrorKind.Setup, "internal_error", "The server failed on this request. It has been logged."));
        }
        finally
        {
            limits?.Leave();
        }
    }

    private static TroupeException Unanswered(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new(ErrorKind.NotFound, "route_not_found", $"There is nothing at '{context.Request.Path}'. See /openapi/v1.json."),
        StatusCodes.Status405MethodNotAllowed => new(ErrorKind.Invalid, "method_not_allowed", $"'{context.Request.Path}' does not take {context.Request.Method}."),
        StatusCodes.Status415UnsupportedMediaType => JsonBody.NotTaken(context.Request.ContentType),
        _ => new(ErrorKind.Invalid, "request_invalid", "The request is not valid."),
    };

    private static async Task FailAsync(HttpContext context, TroupeException error)
    {
        if (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await Problems.WriteAsync(context, error);
        }
        else
        {
            context.Abort();
        }
    }

    private Caller? Admit(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var wanted = endpoint?.Metadata.GetMetadata<RouteAccess>()?.Scope;

        // What is no route of ours is routing's own answer that there is none for this path, method or media type.
        if (wanted is Scope.Public || endpoint is not RouteEndpoint)
        {
            return null;
        }

        if (state.IsStopping && !HttpMethods.IsGet(context.Request.Method))
        {
            throw new TroupeException(ErrorKind.Unavailable, "stopping", "The server is stopping. Try again in a few seconds.") { RetryAfter = TimeSpan.FromSeconds(5) };
        }

        var caller = Identify(context.Request);
        if (!caller.Has(wanted ?? Scope.Admin))
        {
            throw new TroupeException(ErrorKind.Invalid, "scope_missing", $"The key lacks the scope '{(wanted ?? Scope.Admin).ToString().ToLowerInvariant()}'.");
        }

        context.Features.Set(caller);
        return caller;
    }

    /// <summary>By the bearer token, or where there is none by the cookie of a browser that is logged in.</summary>
    private Caller Identify(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var given = request.Headers.Authorization.ToString();
        if (given.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return keys.Find(given.AsSpan(scheme.Length).Trim()) ?? throw new TroupeException(ErrorKind.Invalid, "key_unknown", "The key is unknown or was revoked.");
        }

        if (given.Length > 0 || LoginCookie.Read(request) is not { Length: > 0 } token)
        {
            throw new TroupeException(ErrorKind.Invalid, "key_missing", "A key is needed: send 'Authorization: Bearer <key>'.");
        }

        // Only what the server set as a cookie may come as one: a key in a cookie would have no end.
        var login = keys.Find(token) is { Record.IsLogin: true } found ? found : throw new TroupeException(ErrorKind.Invalid, "login_ended", "This login has ended. Log in again.");
        LoginCookie.Check(request, token);
        return login;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed")]
    private partial void LogFailed(Exception failure, string method, string? route);
}
