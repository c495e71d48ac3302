using Microsoft.AspNetCore.Http;

namespace Troupe.Server.Page;

/// <summary>Serves the page at every address that is not an interface's. It holds no secret and asks for no key: what it shows, it asks the interfaces for.</summary>
internal sealed class PageMiddleware(RequestDelegate next, PageFiles files)
{
    // Nothing from elsewhere, nothing inline, no frame; pictures from data, so that no message can make a browser tell somebody that it was read.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly byte[] Absent = """
        This server runs without its page: it was not built, because Node 20 was missing then.
        Install Node 20 and start with ./run again. Everything else works: see /openapi/v1.json.

        """u8.ToArray();

    private static readonly string[] Interfaces = ["/api", "/v1", "/health", "/openapi"];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if ((!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)) || Array.Exists(Interfaces, p => request.Path.StartsWithSegments(p, StringComparison.OrdinalIgnoreCase)))
        {
            return next(context);
        }

        var path = request.Path.Value ?? "/";
        if (files.Find(path) is { } file)
        {
            return SendAsync(context, file);
        }

        // An address inside the page has no dot in its last part; a file that is missing must not look like the page.
        return path[(path.LastIndexOf('/') + 1)..].Contains('.', StringComparison.Ordinal) ? next(context)
            : files.Index is { } index ? SendAsync(context, index)
            : request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal) ? SayAbsentAsync(context)
            : next(context);
    }

    private static Task SendAsync(HttpContext context, PageFile file)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        Secure(headers);
        headers.ETag = file.Tag;
        headers.CacheControl = file.IsImmutable ? "public, max-age=31536000, immutable" : "no-cache";
        headers.Vary = "Accept-Encoding";
        if (request.Headers.IfNoneMatch.ToString().Contains(file.Tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = file.ContentType;
        var bytes = file.Bytes;
        if (file.Brotli is { } brotli && request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value == "br" && e.Quality is not 0))
        {
            bytes = brotli;
            headers.ContentEncoding = "br";
        }
        else
        {
            // Compressing it on the way would cost each time what the build did once.
            headers.ContentEncoding = "identity";
        }

        response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(request.Method) ? Task.CompletedTask : response.Body.WriteAsync(bytes, 0, bytes.Length, context.RequestAborted);
    }

    private static Task SayAbsentAsync(HttpContext context)
    {
        Secure(context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.Body.WriteAsync(Absent, 0, Absent.Length, context.RequestAborted);
    }

    private static void Secure(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)";
    }
}
