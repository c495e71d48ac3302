using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Troupe.Models.Mcp;

/// <summary>A server that has started and told its tools, until it ends.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    /// <summary>The most bytes of one message: what is longer ends the connection.</summary>
    public const int MaxMessageBytes = 32 << 20;

    private const int MaxTools = 256;
    private const int MaxPages = 64;
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(5);

    private readonly McpProcess? _process;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly TaskCompletionSource _dropped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IClientTransport? _transport;
    private McpClient? _client;
    private IReadOnlyList<Tool> _tools = [];
    private int _stale;

    private McpConnection(McpProcess? process, TimeProvider time, Action changed) => (_process, _time, _changed) = (process, time, changed);

    /// <summary>The tools, as they were last told.</summary>
    public IReadOnlyList<Tool> Tools => Volatile.Read(ref _tools);

    /// <summary>Completes when the server can no longer be talked to.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>The end of what it wrote to its standard error.</summary>
    public string Errors => _process?.Errors ?? "";

    /// <summary>Starts or reaches the server, and asks it for its tools. What has begun when that fails is ended.</summary>
    /// <param name="options">The server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Called when the server says that its tools have changed.</param>
    /// <param name="failed">Gets the end of what it wrote to its standard error when it fails.</param>
    /// <param name="cancellationToken">It takes too long, or is no longer wanted.</param>
    public static async Task<McpConnection> OpenAsync(McpServerOptions options, TimeProvider time, Action changed, Action<string> failed, CancellationToken cancellationToken)
    {
        var process = options.Command is null ? null : McpProcess.Start(options, time);
        var connection = new McpConnection(process, time, changed);
        var beginning = connection.BeginAsync(options, cancellationToken);
        try
        {
            await beginning.WaitAsync(cancellationToken);
            return connection;
        }
        catch (Exception)
        {
            failed(connection.Errors);
            Observe(beginning);
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether it was dropped because it no longer answered.</summary>
    public bool IsHung { get; private set; }

    /// <summary>Calls a tool; its own errors are in the result.</summary>
    /// <exception cref="IOException">The connection was dropped meanwhile.</exception>
    public async Task<CallToolResult> CallAsync(string tool, IEnumerable<KeyValuePair<string, object?>> arguments, CancellationToken cancellationToken)
    {
        // Who waits is told as soon as the connection is dropped, and not only when what is left of it has come to its end.
        var call = _client!.CallToolAsync(tool, new Dictionary<string, object?>(arguments, StringComparer.Ordinal), cancellationToken: cancellationToken).AsTask();
        Observe(call);
        return await Task.WhenAny(call, _dropped.Task).WaitAsync(cancellationToken) == call ? await call : throw new IOException("The connection was dropped.");
    }

    /// <summary>Whether the server answers at all, be it that it does not know the question.</summary>
    /// <param name="within">How long it may take.</param>
    /// <param name="cancellationToken">Nobody wants to know any longer.</param>
    public async Task<bool> AnswersAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(within, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var ping = _client!.PingAsync(cancellationToken: both.Token).AsTask();
        Observe(ping);
        try
        {
            await ping.WaitAsync(both.Token);
            return true;
        }
        catch (McpProtocolException)
        {
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Asks for the tools again when the server has said that they have changed.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stale, 0) == 0)
        {
            return;
        }

        try
        {
            Volatile.Write(ref _tools, await ListAsync(cancellationToken).WaitAsync(cancellationToken));
        }
        catch (Exception)
        {
            Volatile.Write(ref _stale, 1);
            throw;
        }
    }

    /// <summary>It does not answer as it should; the next one who needs the server gets a new connection.</summary>
    public void Drop() => _dropped.TrySetResult();

    /// <summary>It does not answer at all; its calls fail now, and the next one who needs the server gets a new connection.</summary>
    public void DropHung()
    {
        IsHung = true;
        Drop();
    }

    public async ValueTask DisposeAsync()
    {
        Drop();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_client is { } client)
        {
            // What is left of it is memory; nobody waits for a peer that does not say goodbye.
            var closing = client.DisposeAsync().AsTask();
            await Task.WhenAny(closing, Task.Delay(ClosingTime, _time));
            Observe(closing);
        }

        if (_transport is IAsyncDisposable transport)
        {
            await transport.DisposeAsync();
        }
    }

    private async Task BeginAsync(McpServerOptions options, CancellationToken cancellationToken)
    {
        var client = await McpClient.CreateAsync(
            _transport = Transport(options),
            new McpClientOptions
            {
                ClientInfo = new Implementation { Name = "troupe", Version = typeof(McpConnection).Assembly.GetName().Version?.ToString(3) ?? "0" },
                InitializationTimeout = options.StartTimeout,
                TimeProvider = _time,
                Handlers = new McpClientHandlers
                {
                    NotificationHandlers =
                    [
                        new(NotificationMethods.ToolListChangedNotification, (_, _) =>
                        {
                            Volatile.Write(ref _stale, 1);
                            _changed();
                            return default;
                        }),
                    ],
                },
            },
            cancellationToken: cancellationToken);
        _client = client;
        Ended = Task.WhenAny(client.Completion, _dropped.Task, ExitedAsync(client));
        _tools = await ListAsync(cancellationToken);
    }

    private IClientTransport Transport(McpServerOptions options)
    {
        if (_process is { } process)
        {
            return new StreamClientTransport(process.Input, new BoundedLines(process.Output, MaxMessageBytes));
        }

        // Redirects would carry the headers to another host.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        var http = new HttpClient(new BoundedHandler(handler, MaxMessageBytes)) { Timeout = Timeout.InfiniteTimeSpan };
        return new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = options.Url!,
                Name = options.Name,
                AdditionalHeaders = new Dictionary<string, string>(options.Headers, StringComparer.OrdinalIgnoreCase),
                ConnectionTimeout = options.StartTimeout,
            },
            http, loggerFactory: null, ownsHttpClient: true);
    }

    private async Task<IReadOnlyList<Tool>> ListAsync(CancellationToken cancellationToken)
    {
        // Page by page, because a server can go on for ever.
        var tools = new List<Tool>();
        string? cursor = null;
        for (var page = 0; page < MaxPages && tools.Count < MaxTools; page++)
        {
            var listed = await _client!.ListToolsAsync(new ListToolsRequestParams { Cursor = cursor }, cancellationToken);
            tools.AddRange(listed.Tools);
            cursor = listed.NextCursor;
            if (cursor is null)
            {
                break;
            }
        }

        return [.. tools.Take(MaxTools)];
    }

    /// <summary>What comes of a task that nobody waits for any longer is nobody's.</summary>
    private static void Observe(Task task) =>
        task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <summary>After the process's end its last words are still to be read.</summary>
    private async Task ExitedAsync(McpClient client)
    {
        if (_process is null)
        {
            await _dropped.Task;
            return;
        }

        await _process.Exited;
        await Task.WhenAny(client.Completion, Task.Delay(ClosingTime, _time));
    }
}
