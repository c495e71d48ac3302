using System.Globalization;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests;

/// <summary>A real server with its page, its data in a folder of its own and a model that tests speak for. It can be killed and come back at its address.</summary>
public sealed class Site : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private (string Name, string Value)[] _settings;
    private ServerProcess? _server;
    private ScriptedModel? _model;
    private int _owners;

    public Site()
        : this([])
    {
    }

    private Site((string Name, string Value)[] settings) => _settings = settings;

    /// <summary>The built page.</summary>
    public static string PageFolder { get; } = Path.Combine(House.Root, "artifacts", "bin", "Troupe.Cli", "release", "page");

    public string Url { get; private set; } = "";

    internal ScriptedModel Model => _model!;

    internal string Folder => _folder.Path;

    /// <summary>What the server has written.</summary>
    internal string Output => _server!.Output;

    internal static async Task<Site> OpenAsync(params (string Name, string Value)[] settings)
    {
        var site = new Site(settings);
        await site.InitializeAsync();
        return site;
    }

    public async ValueTask InitializeAsync()
    {
        _model = await ScriptedModel.StartAsync();
        await StartAsync();
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _server!.KillAsync();

    /// <summary>Starts the server, again at its address and with its data; with the settings that it had unless others are given.</summary>
    public async Task StartAsync(params (string Name, string Value)[] settings)
    {
        _settings = settings.Length == 0 ? _settings : settings;
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        var port = Url.Length == 0 ? 0 : new Uri(Url).Port;
        _server = await ServerProcess.StartAsync(
            _folder.Path,
            [
                ("TROUPE_PAGE", PageFolder), ("TROUPE_PORT", port.ToString(CultureInfo.InvariantCulture)), ("TROUPE_MODEL", "openai"), ("OPENAI_BASE_URL", _model!.BaseUrl.ToString()),
                ("OPENAI_MODEL", "m"), .. _settings,
            ]);
        Url = _server.Url;
    }

    /// <summary>A client with a token; the operator's unless given.</summary>
    internal HttpClient Client(string token = ServerProcess.ApiKey) => _server!.Client(token);

    /// <summary>A key of a new owner, who shares nothing with the others.</summary>
    internal async Task<string> NewKeyAsync(params string[] scopes)
    {
        using var client = Client();
        var owner = $"person-{Interlocked.Increment(ref _owners).ToString(CultureInfo.InvariantCulture)}";
        return (await client.PostJsonAsync("/api/v1/keys", new { owner, name = owner, scopes = scopes.Length == 0 ? ["chat"] : scopes })).Text("token");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _model!.DisposeAsync();
        _folder.Dispose();
    }
}
