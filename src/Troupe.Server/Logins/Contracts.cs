namespace Troupe.Server.Logins;

/// <summary>Logs a browser in: with a key, or with the code of a login link.</summary>
/// <param name="Key">A key's token.</param>
/// <param name="Code">The code of a link, good once.</param>
public sealed record LoginRequest(string? Key = null, string? Code = null);

/// <summary>Who is logged in. A browser sends <c>antiforgery</c> as the header <c>X-Troupe-Antiforgery</c> with everything that changes something; it is absent for
/// who calls with a bearer token, who needs none.</summary>
public sealed record MeView(string Owner, string Name, IReadOnlyList<string> Scopes, string? Antiforgery = null, DateTimeOffset? ExpiresAt = null);

/// <summary>A link that logs a browser in as the operator, once.</summary>
/// <param name="Path">What to open, after the server's address. The code stands behind the #, so no log of a proxy has it.</param>
/// <param name="ExpiresAt">When it ends unused; null when the server's end is its own.</param>
public sealed record LoginLink(string Path, DateTimeOffset? ExpiresAt = null);
