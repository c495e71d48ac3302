using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Server.Keys;

/// <summary>Makes a key.</summary>
/// <param name="Owner">To whom its sessions belong: 1 to 100 printable characters.</param>
/// <param name="Name">A name for people; the owner's unless given.</param>
/// <param name="Scopes">chat, teach, admin; <c>chat</c> unless given.</param>
/// <param name="RequestsPerMinute">No limit unless given.</param>
/// <param name="Concurrency">Requests at once; no limit unless given.</param>
/// <param name="TokensPerDay">No limit unless given.</param>
public sealed record CreateKeyRequest(
    string Owner, string? Name = null, IReadOnlyList<string>? Scopes = null, int? RequestsPerMinute = null, int? Concurrency = null, long? TokensPerDay = null);

/// <summary>A key without its secret; with <c>login</c>, a browser that is logged in until <c>expires_at</c>.</summary>
public sealed record KeyLine(
    string Id, string Owner, string Name, IReadOnlyList<string> Scopes, int? RequestsPerMinute, int? Concurrency, long? TokensPerDay, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt,
    bool? Login = null, DateTimeOffset? ExpiresAt = null)
{
    internal static KeyLine Of(KeyRecord key) => new(
        key.Id, key.Owner, key.Name, key.Scopes, key.RequestsPerMinute, key.Concurrency, key.TokensPerDay, key.CreatedAt, key.RevokedAt, key.IsLogin ? true : null, key.ExpiresAt);
}

/// <summary>A key that was made. <c>token</c> is shown this once.</summary>
public sealed record KeyCreated(string Id, string Token, string Owner, string Name, IReadOnlyList<string> Scopes);

/// <summary>All keys, oldest first.</summary>
public sealed record KeyList(IReadOnlyList<KeyLine> Keys);

/// <summary>The routes of keys, for operators.</summary>
internal sealed class KeyRoutes(AgentRuntime runtime, KeyRing keys, ReceiptBook receipts)
{
    private static readonly string[] KnownScopes = ["chat", "teach", "admin"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/api/v1/keys", Scope.Admin, ListAsync).Answers<KeyList>();
        routes.Post("/api/v1/keys", Scope.Admin, CreateAsync).Takes<CreateKeyRequest>().Answers<KeyCreated>(StatusCodes.Status201Created);
        routes.Delete("/api/v1/keys/{id}", Scope.Admin, RevokeAsync).Answers<KeyLine>();
    }

    private Task ListAsync(HttpContext context) =>
        JsonReply.WriteAsync(context, new KeyList([.. keys.All.Select(KeyLine.Of)]), ServerJson.Default.KeyList);

    private async Task CreateAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, ServerJson.Default.CreateKeyRequest, context.RequestAborted);
        var now = runtime.Time.GetUtcNow();
        var draft = new KeyRecord
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            HashHex = "",
            Owner = NameOf(request.Owner, "owner"),
            Name = NameOf(request.Name ?? request.Owner, "name"),
            Scopes = ScopesOf(request.Scopes),
            RequestsPerMinute = AtLeastOne(request.RequestsPerMinute, "requests_per_minute"),
            Concurrency = AtLeastOne(request.Concurrency, "concurrency"),
            TokensPerDay = request.TokensPerDay is null or >= 1 ? request.TokensPerDay : throw Invalid($"'tokens_per_day' is {request.TokensPerDay}; it must be at least 1.", "tokens_per_day"),
            CreatedAt = now,
        };

        KeyRecord? made = null;
        var token = "";
        if (context.IdempotencyKey is { } key)
        {
            var body = Hashing.Of(
                draft.Owner, draft.Name, string.Join(',', draft.Scopes), $"{draft.RequestsPerMinute}", $"{draft.Concurrency}", $"{draft.TokensPerDay}");
            await receipts.OnceAsync(context.Caller.Owner, "keys", key, body, async receipt =>
            {
                (made, token) = await keys.CreateAsync(draft, receipt, CancellationToken.None);
                return made.Id;
            });
        }
        else
        {
            (made, token) = await keys.CreateAsync(draft, null, context.RequestAborted);
        }

        if (made is null)
        {
            throw new TroupeException(
                ErrorKind.Conflict, "secret_shown_once", "This request has made a key before; its token was shown then and is shown to nobody again. Revoke it and make another.");
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonReply.WriteAsync(context, new KeyCreated(made.Id, token, made.Owner, made.Name, made.Scopes), ServerJson.Default.KeyCreated);
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var key = await keys.RevokeAsync(context.RouteText("id"), CancellationToken.None);
        await JsonReply.WriteAsync(context, KeyLine.Of(key), ServerJson.Default.KeyLine);
    }

    private static string NameOf(string name, string member)
    {
        TextRules.Check(name, member);
        return name.Length is >= 1 and <= 100 && name != "*" && !name.Any(char.IsControl) ? name : throw Invalid($"'{member}' has {name.Length} characters; it must have 1 to 100, none of them control characters, and may not be '*'.", member);
    }

    private static List<string> ScopesOf(IReadOnlyList<string>? scopes)
    {
        var wanted = scopes is null ? ["chat"] : scopes.Distinct(StringComparer.Ordinal).ToList();
        return wanted.Count > 0 && wanted.TrueForAll(KnownScopes.Contains) ? wanted : throw Invalid($"'scopes' must be some of {string.Join(", ", KnownScopes)}.", "scopes");
    }

    private static int? AtLeastOne(int? number, string member) => number is null or >= 1 ? number : throw Invalid($"'{member}' is {number}; it must be at least 1.", member);

    private static TroupeException Invalid(string message, string member) => new(ErrorKind.Invalid, "member_invalid", message) { Member = member };
}
