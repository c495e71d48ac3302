using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Server.Http;
using Troupe.Server.Keys;

namespace Troupe.Server.Logins;

/// <summary>The routes by which a browser is logged in and out.</summary>
internal sealed class LoginRoutes(KeyRing keys, LoginLinks links, LoginAttempts attempts)
{
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(15);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/api/v1/login", Scope.Public, LogInAsync).Takes<LoginRequest>().Answers<MeView>();
        routes.Post("/api/v1/login/links", Scope.Admin, LinkAsync).Answers<LoginLink>(StatusCodes.Status201Created);
        routes.Post("/api/v1/logout", Scope.Chat, LogOutAsync).Answers(StatusCodes.Status204NoContent);
        routes.Get("/api/v1/me", Scope.Chat, MeAsync).Answers<MeView>();
    }

    private async Task LogInAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, ServerJson.Default.LoginRequest, context.RequestAborted);
        if ((request.Key is null) == (request.Code is null))
        {
            throw new TroupeException(ErrorKind.Invalid, "member_missing", "Send either 'key' or 'code'.") { Member = "key" };
        }

        var address = context.Connection.RemoteIpAddress;
        attempts.Check(address);
        var caller = request.Key is { } key ? keys.Find(key.AsSpan().Trim()) : null;
        if (caller is null && (request.Code is not { } code || !links.TryTake(code)))
        {
            attempts.Fail(address);
            throw request.Key is null
                ? new TroupeException(ErrorKind.Invalid, "key_unknown", "This login link was used already, or is none of this server's. 'troupe login' makes a new one.") { Member = "code" }
                : new TroupeException(ErrorKind.Invalid, "key_unknown", "The key is unknown or was revoked.") { Member = "key" };
        }

        var (login, token) = await keys.LogInAsync(caller, context.RequestAborted);
        LoginCookie.Write(context, token, KeyRing.LoginLifetime);
        await WriteAsync(context, login, token);
    }

    private async Task LinkAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonReply.WriteAsync(context, links.Add(LinkLifetime), ServerJson.Default.LoginLink);
    }

    private async Task LogOutAsync(HttpContext context)
    {
        // Who calls with a key is not logged in; that the key ends is its revocation.
        if (context.Caller.Record.IsLogin)
        {
            await keys.LogOutAsync(context.Caller.Record);
            LoginCookie.Delete(context);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task MeAsync(HttpContext context) => WriteAsync(context, context.Caller, context.Caller.Record.IsLogin ? LoginCookie.Read(context.Request) : null);

    private static Task WriteAsync(HttpContext context, Caller caller, string? token) => JsonReply.WriteAsync(
        context,
        new MeView(caller.Owner, caller.Record.Name, caller.Record.Scopes, token is null ? null : LoginCookie.AntiforgeryOf(token), caller.Record.ExpiresAt),
        ServerJson.Default.MeView);
}
