using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Server.Backups;
using Troupe.Server.Health;
using Troupe.Server.Http;
using Troupe.Server.Import;
using Troupe.Server.Keys;
using Troupe.Server.Logins;
using Troupe.Server.OpenAI;
using Troupe.Server.Page;
using Troupe.Server.Sessions;
using Troupe.Sessions;

namespace Troupe.Server;

/// <summary>The server around a runtime: keys, limits, the core routes and the apps'.</summary>
public sealed class ServerHost : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly ServerSettings _settings;
    private readonly AgentRuntime _runtime;
    private readonly KeyRing _keys;
    private readonly LoginLinks _links;
    private readonly ServerState _state;
    private Task _drained = Task.CompletedTask;

    private ServerHost(WebApplication app, ServerSettings settings, AgentRuntime runtime, KeyRing keys, LoginLinks links, ServerState state)
    {
        _app = app;
        _settings = settings;
        _runtime = runtime;
        _keys = keys;
        _links = links;
        _state = state;
    }

    /// <summary>Where the server listens, once it is started.</summary>
    public string Url => _app.Urls.First();

    /// <summary>Whether the page was built, so that there is one to open.</summary>
    public bool HasPage => File.Exists(Path.Combine(_settings.Page, "index.html"));

    /// <summary>All routes, with their metadata.</summary>
    public IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> Routes => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>Builds the server; it does not listen yet.</summary>
    /// <param name="runtime">The runtime, which stays the caller's.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="apps">What maps the apps' routes.</param>
    /// <param name="logging">Where logs go; null for nowhere.</param>
    public static ServerHost Build(
        AgentRuntime runtime, ServerSettings settings, IEnumerable<Action<IEndpointRouteBuilder, ServerServices>> apps, Action<ILoggingBuilder>? logging = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Troupe.Server" });
        logging?.Invoke(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => Configure(options, settings));
        var address = settings.Host.Contains(':', StringComparison.Ordinal) ? $"[{settings.Host.Trim('[', ']')}]" : settings.Host;
        builder.WebHost.UseUrls($"http://{address}:{settings.Port}");
        builder.Services.AddRoutingCore();
        builder.Services.AddTroupeOpenApi();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(settings.DrainSeconds) + AnswerTime);
        if (settings.Compression)
        {
            // Answers hold no secret beside somebody else's text, so their lengths tell nothing (BREACH).
            builder.Services.AddResponseCompression(options => options.EnableForHttps = true);
            builder.Services.Configure<BrotliCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest);
        }

        var state = new ServerState();
        var keys = new KeyRing(runtime.Journal, runtime.Time);
        var receipts = new ReceiptBook(runtime.Store, runtime.Time);
        builder.Services.AddSingleton(state);
        builder.Services.AddSingleton(keys);

        var app = builder.Build();
        if (settings.Compression)
        {
            app.UseResponseCompression();
        }

        app.UseMiddleware<PageMiddleware>(PageFiles.Read(settings.Page));
        app.UseRouting();
        app.UseMiddleware<Entrance>();
        new HealthRoutes(runtime, state).Map(app);
        var import = new SessionImport(runtime);
        new SessionRoutes(runtime, receipts, import, settings, state).Map(app);
        new ImportRoutes(runtime, import, settings, state, app.Services.GetRequiredService<ILogger<ImportRoutes>>()).Map(app);
        new KeyRoutes(runtime, keys, receipts).Map(app);
        var links = new LoginLinks(runtime.Time);
        new LoginRoutes(keys, links, new LoginAttempts(runtime.Time)).Map(app);
        new BackupRoutes(runtime, settings).Map(app);
        new ChatCompletionRoutes(runtime, settings).Map(app);
        new EmbeddingRoutes(runtime).Map(app);
        app.MapTroupeOpenApi();
        var services = new ServerServices(runtime, settings, receipts, state) { Keys = keys };
        foreach (var map in apps)
        {
            map(app, services);
        }

        app.UseEndpoints(static _ => { });
        return new ServerHost(app, settings, runtime, keys, links, state);
    }

    /// <summary>Adds a token with all rights that is not stored.</summary>
    public void AddOperator(string token, string name) => _keys.AddOperator(token, name);

    /// <summary>A link that logs a browser in as the operator, once, as long as this server runs.</summary>
    public string NewLoginLink() => Url + _links.Add(null).Path;

    /// <summary>Takes over the stored keys and begins to listen.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _keys.LoadAsync(_runtime.Store, cancellationToken);
        _app.Lifetime.ApplicationStopping.Register(() =>
        {
            _state.Stop();
            _drained = _runtime.Sessions.DrainAsync(TimeSpan.FromSeconds(_settings.DrainSeconds));
        });
        await _app.StartAsync(cancellationToken);
    }

    /// <summary>Ends in good order: nothing new is taken, running turns get their time, the rest is marked, everybody is told.</summary>
    public async Task StopAsync()
    {
        // The routes stay open while running turns end: who asks meanwhile is told to try again, not cut off.
        _app.Lifetime.StopApplication();
        await _drained;
        await _app.StopAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _state.Dispose();
    }

    private static void Configure(KestrelServerOptions options, ServerSettings settings)
    {
        options.AddServerHeader = false;
        options.AllowSynchronousIO = false;
        options.Limits.MaxRequestBodySize = settings.MaxBodyBytes;
        options.Limits.MaxRequestHeadersTotalSize = 32 << 10;
        options.Limits.MaxRequestHeaderCount = 64;
        options.Limits.MaxRequestLineSize = 8 << 10;
        options.Limits.MaxConcurrentConnections = settings.MaxConnections;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(settings.KeepAliveSeconds);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
    }
}
