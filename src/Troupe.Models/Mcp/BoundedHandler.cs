namespace Troupe.Models.Mcp;

/// <summary>Bounds what a server over HTTP may send as one message.</summary>
internal sealed class BoundedHandler(HttpMessageHandler inner, long maxBytes) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var bounded = new StreamContent(new BoundedLines(await response.Content.ReadAsStreamAsync(cancellationToken), maxBytes));
        foreach (var (name, values) in response.Content.Headers)
        {
            bounded.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = bounded;
        return response;
    }
}
