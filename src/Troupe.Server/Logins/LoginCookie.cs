using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

#pragma warning disable RS0030 // The one place where a cookie is read: Check below says which requests may use it.

namespace Troupe.Server.Logins;

/// <summary>The cookie of a browser that is logged in, and the token that proves that a request was made by our own page.</summary>
internal static class LoginCookie
{
    /// <summary>The header of what changes something.</summary>
    public const string Antiforgery = "X-Troupe-Antiforgery";

    public static string? Read(HttpRequest request) => request.Cookies[NameOf(request)];

    public static void Write(HttpContext context, string token, TimeSpan lifetime) => context.Response.Cookies.Append(NameOf(context.Request), token, Options(context, lifetime));

    public static void Delete(HttpContext context) => context.Response.Cookies.Delete(NameOf(context.Request), Options(context, null));

    /// <summary>What the page sends along. It follows from the cookie, which no other page can read.</summary>
    public static string AntiforgeryOf(string token) => Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), "antiforgery"u8));

    /// <summary>SameSite does not tell one port of a host from another, so a page of a neighbour's could send the cookie along.</summary>
    /// <exception cref="TroupeException">The request was not made by our page (code antiforgery_missing).</exception>
    public static void Check(HttpRequest request, string token)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (site is not ("" or "same-origin" or "none")
            || (!reads && !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers[Antiforgery].ToString()), Encoding.UTF8.GetBytes(AntiforgeryOf(token)))))
        {
            throw new TroupeException(
                ErrorKind.Invalid, "antiforgery_missing", $"A browser's request must come from the server's own page, and one that changes something must carry the header {Antiforgery} from /api/v1/me.");
        }
    }

    // Cookies are shared by all ports of a host; two servers on one machine must not log each other out.
    private static string NameOf(HttpRequest request) => request.Host.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"troupe-{port}") : "troupe";

    private static CookieOptions Options(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps || string.Equals(context.Request.Headers["X-Forwarded-Proto"], "https", StringComparison.OrdinalIgnoreCase),
        Path = "/",
        MaxAge = lifetime,
        IsEssential = true,
    };
}
