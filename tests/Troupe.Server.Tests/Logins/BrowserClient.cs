using System.Net;
using System.Text;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests.Logins;

/// <summary>What a browser sends, one header at a time, so that a test can leave one out.</summary>
internal sealed class BrowserClient(string url) : IDisposable
{
    private readonly HttpClient _client = new(new HttpClientHandler { UseCookies = false, CheckCertificateRevocationList = true }) { BaseAddress = new Uri(url), Timeout = Limits.Wait };

    /// <summary>Name and value, as the server set it; null when it set none.</summary>
    public string? Cookie { get; set; }

    public string? Antiforgery { get; set; }

    /// <summary>How the server set the cookie last.</summary>
    public string SetCookie { get; private set; } = "";

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        Add("Cookie", Cookie);
        Add("X-Troupe-Antiforgery", Antiforgery);
        foreach (var (name, value) in headers)
        {
            Add(name, value);
        }

        return await _client.SendAsync(request, Limits.Token);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    /// <summary>Logs in and keeps what the server gives for it.</summary>
    public async Task<JsonElement> LogInAsync(object body, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/api/v1/login", body, headers);
        var me = await answer.JsonAsync();
        SetCookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Cookie = SetCookie[..SetCookie.IndexOf(';', StringComparison.Ordinal)];
        Antiforgery = me.Text("antiforgery");
        return me;
    }

    /// <summary>Whether the server knows who this is.</summary>
    public async Task<bool> IsInAsync()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/api/v1/me");
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            return true;
        }

        await answer.ProblemAsync(HttpStatusCode.Unauthorized, "login_ended");
        return false;
    }

    public void Dispose() => _client.Dispose();
}
