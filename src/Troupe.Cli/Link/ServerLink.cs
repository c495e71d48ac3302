using System.CommandLine;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Server;
using Troupe.Server.Keys;

namespace Troupe.Cli.Link;

/// <summary>The server that a command works through: the one that is named, the one that holds the data folder, or, where none does, one in
/// this process for as long as the command runs. So a command does a thing in one way only.</summary>
internal sealed class ServerLink : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(10);

    private readonly ServerHost? _host;
    private readonly AgentRuntime? _runtime;

    private ServerLink(string url, string token, ServerHost? host = null, AgentRuntime? runtime = null)
    {
        _host = host;
        _runtime = runtime;
        Url = url;

        // A redirect would carry what a person wrote to another host.
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(url), Timeout = AnswerTimeout };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string Url { get; }

    public HttpClient Http { get; }

    /// <summary>Whether the server is one in this process.</summary>
    public bool IsOwn => _host is not null;

    public static async Task<ServerLink> OpenAsync(ParseResult arguments, LinkOptions options, CancellationToken cancellationToken)
    {
        var read = DotEnv.Open(".env");
        var settings = ServerSettings.Read(read);
        var key = arguments.GetValue(options.Key) ?? settings.ApiKey;
        if ((arguments.GetValue(options.Url) ?? read("TROUPE_URL")) is { Length: > 0 } url)
        {
            return new ServerLink(
                Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? url : throw ServerSettings.Wrong("--url", url, "an http or https address"),
                key ?? throw new TroupeException(ErrorKind.Setup, "key_missing", "A key is needed for another server: set TROUPE_API_KEY."));
        }

        settings = settings with { Data = arguments.GetValue(options.Data) ?? settings.Data };
        if (ServerFiles.Read(settings.Data) is { } running)
        {
            return new ServerLink(running.Url, running.Token);
        }

        return await OwnAsync(settings, read, cancellationToken);
    }

    /// <summary>Sends a request and returns the answer's JSON.</summary>
    /// <exception cref="CommandFailure">The server refused; the message is the server's.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        using var response = await SendAsync(request, cancellationToken);
        return response.Content.Headers.ContentLength is 0 || response.StatusCode == System.Net.HttpStatusCode.NoContent
            ? default
            : await response.Content.ReadFromJsonAsync(JsonContext.Default.JsonElement, cancellationToken);
    }

    /// <summary>Sends a request and returns the answer once its head is here.</summary>
    /// <exception cref="CommandFailure">The server refused; the message is the server's.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await AskAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new CommandFailure(ExitCodes.Refused, await DetailOf(response, cancellationToken));
        }
    }

    /// <summary>Sends a request and returns the answer, a refusal too, once its head is here.</summary>
    /// <exception cref="CommandFailure">The server cannot be reached.</exception>
    public async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw new CommandFailure(ExitCodes.Unreachable, $"The server at {Url} cannot be reached: {failure.Message}");
        }
    }

    /// <summary>Why a server refused, in its words.</summary>
    public static async Task<string> DetailOf(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var problem = await response.Content.ReadFromJsonAsync(JsonContext.Default.JsonElement, cancellationToken);
            return problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"The server answered {(int)response.StatusCode}.";
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            return $"The server answered {(int)response.StatusCode}. Is {response.RequestMessage?.RequestUri?.Authority} a Troupe server?";
        }
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
            await _runtime!.DisposeAsync();
        }
    }

    private static async Task<ServerLink> OwnAsync(ServerSettings settings, Func<string, string?> read, CancellationToken cancellationToken)
    {
        var (host, runtime, agents) = Composition.Build(settings with { Host = "127.0.0.1", Port = 0, DrainSeconds = 0 }, read, logs => logs.SetMinimumLevel(LogLevel.None));

        // A command is over before a change of an agent's file could matter.
        agents.Dispose();
        try
        {
            var token = KeyRing.NewToken();
            host.AddOperator(token, "command");
            await host.StartAsync(cancellationToken);
            return new ServerLink(host.Url, token, host, runtime);
        }
        catch
        {
            await host.DisposeAsync();
            await runtime.DisposeAsync();
            throw;
        }
    }
}
