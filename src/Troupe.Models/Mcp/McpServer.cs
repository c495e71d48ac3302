using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;
using Troupe.Tools;

namespace Troupe.Models.Mcp;

/// <summary>An MCP server and its tools. It is started when a turn first needs it, in one flight; started again when it has ended and is needed, after
/// a while that doubles from 1 s to 60 s each time that it does not last; ended when a call was late and it does not answer a ping either; and ended
/// when this is disposed. Thread-safe.</summary>
public sealed partial class McpServer : IToolSource
{
    private const int MaxSchemaLength = 64 << 10;
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);

    /// <summary>A call that is stopped so near its deadline was late: the timer that stops it may fire a little before the clock says so.</summary>
    private static readonly TimeSpan Nearly = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task<McpConnection>? _flight;
    private Task _ending = Task.CompletedTask;
    private Task _asking = Task.CompletedTask;
    private int _failures;
    private DateTimeOffset _notBefore;
    private string _why = "";
    private bool _disposed;
    private Offer? _offer;

    /// <summary>A server that is not started yet.</summary>
    public McpServer(McpServerOptions options, SeenTools seen, TimeProvider? time = null, ILogger? log = null)
    {
        Options = options;
        Seen = seen;
        _time = time ?? TimeProvider.System;
        _log = log ?? NullLogger.Instance;
    }

    /// <summary>What the operator configured.</summary>
    public McpServerOptions Options { get; }

    /// <inheritdoc/>
    public string Prefix => Options.Prefix;

    internal SeenTools Seen { get; }

    /// <summary>A moment, for <see cref="Stopped"/>.</summary>
    internal long Now => _time.GetTimestamp();

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ToolDefinition>> ToolsAsync(CancellationToken cancellationToken)
    {
        McpConnection connection;
        try
        {
            connection = await ConnectAsync(cancellationToken);
        }
        catch (TroupeException) when (Volatile.Read(ref _offer) is { } known)
        {
            // The model keeps the tools that it knows of, and learns what is the matter when it calls one.
            return known.Tools;
        }

        await RefreshAsync(connection, cancellationToken);
        var offer = Volatile.Read(ref _offer);
        if (offer is null || !ReferenceEquals(offer.Told, connection.Tools) || offer.SeenVersion != Seen.Version)
        {
            Volatile.Write(ref _offer, offer = MakeOffer(connection.Tools));
        }

        return offer.Tools;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task<McpConnection>? flight;
        Task ending, asking;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            (flight, ending, asking) = (_flight, _ending, _asking);
        }

        await _stop.CancelAsync();
        await asking;
        await ending;
        if (flight is not null)
        {
            try
            {
                await (await flight).DisposeAsync();
            }
            catch (TroupeException)
            {
                // It has not come up; what had begun of it is ended by the flight itself.
            }
        }

        _stop.Dispose();
    }

    /// <summary>The connection, which is made when there is none.</summary>
    /// <exception cref="TroupeException">There is none now (code mcp_unavailable); the message is for the model.</exception>
    internal Task<McpConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                throw Unavailable("is stopped.");
            }

            if (_flight is null && _notBefore - _time.GetUtcNow() is { Ticks: > 0 } wait)
            {
                throw Unavailable(string.Create(CultureInfo.InvariantCulture, $"{_why} It is tried again in {Math.Ceiling(wait.TotalSeconds):0} s."));
            }

            // Nobody's own cancellation ends what others wait for; its end is bounded by the server's time to start.
            _flight ??= BeginLocked();
            return _flight.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A connection has proved useless.</summary>
    internal void Lost(McpConnection connection, Exception failure)
    {
        LogLost(Options.Name, failure.GetType().Name);
        connection.Drop();
    }

    /// <summary>A call was stopped without an answer. When its time was up the server is asked whether it answers at all.</summary>
    internal void Stopped(McpConnection connection, long started)
    {
        if (_time.GetElapsedTime(started) + Nearly >= Options.Deadline)
        {
            Doubt(connection);
        }
    }

    private static TimeSpan Delay(int failures) =>
        failures <= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(MaxDelay.TotalSeconds, Math.Pow(2, Math.Min(failures - 2, 10))));

    private Task<McpConnection> BeginLocked()
    {
        // A process is gone before the next one is there: they might fight for what only one can have.
        var former = Options.Command is null ? Task.CompletedTask : _ending;
        var flight = Task.Run(() => OpenAsync(former), CancellationToken.None);
        _ = flight.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return flight;
    }

    private async Task<McpConnection> OpenAsync(Task former)
    {
        await former.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var limit = new CancellationTokenSource(Options.StartTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        var errors = "";
        try
        {
            var connection = await McpConnection.OpenAsync(Options, _time, () => LogToldChange(Options.Name), e => errors = e, both.Token);
            var since = _time.GetUtcNow();
            LogStarted(Options.Name, connection.Tools.Count);
            lock (_gate)
            {
                if (!_disposed)
                {
                    _ending = WatchAsync(connection, since);
                }
            }

            return connection;
        }
        catch (Exception failure)
        {
            var why = limit.IsCancellationRequested
                ? string.Create(CultureInfo.InvariantCulture, $"did not start within {Options.StartTimeout.TotalSeconds:0.#} s.")
                : $"could not be started ({failure.GetType().Name}).";
            if (!_stop.IsCancellationRequested)
            {
                LogNotStarted(Options.Name, why, LastWords(errors, failure.Message));
            }

            lock (_gate)
            {
                _flight = null;
                RememberLocked(why, Math.Max(2, _failures + 1));
            }

            throw Unavailable(why);
        }
    }

    /// <summary>Asks a server whether it answers at all, one question at a time: that is all that is known of one that hangs.</summary>
    private void Doubt(McpConnection connection)
    {
        lock (_gate)
        {
            if (!_disposed && _asking.IsCompleted && !connection.Ended.IsCompleted)
            {
                _asking = Task.Run(() => AskAsync(connection), CancellationToken.None);
            }
        }
    }

    private async Task AskAsync(McpConnection connection)
    {
        try
        {
            if (!await connection.AnswersAsync(Options.PingTimeout, _stop.Token) && !connection.Ended.IsCompleted)
            {
                LogHung(Options.Name, Options.PingTimeout.TotalSeconds);
                connection.DropHung();
            }
        }
        catch (OperationCanceledException)
        {
            // The server is ended anyway.
        }
    }

    /// <summary>Makes room for the next connection when one has ended.</summary>
    private async Task WatchAsync(McpConnection connection, DateTimeOffset since)
    {
        // The caller holds the lock.
        await Task.Yield();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (_stop.Token.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), stopped))
        {
            await Task.WhenAny(connection.Ended, stopped.Task);
        }

        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _flight = null;
            RememberLocked(connection.IsHung ? "no longer answered and was ended." : "ended.", _time.GetUtcNow() - since >= MaxDelay ? 1 : _failures + 1);
        }

        LogEnded(Options.Name, LastWords(connection.Errors, ""));
        await connection.DisposeAsync();
    }

    private async Task RefreshAsync(McpConnection connection, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Options.StartTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await connection.RefreshAsync(both.Token);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // What it offered before still holds until it says otherwise.
            LogNotTold(Options.Name, failure.GetType().Name);
            if (limit.IsCancellationRequested)
            {
                Doubt(connection);
            }
        }
    }

    private void RememberLocked(string why, int failures)
    {
        _failures = failures;
        _notBefore = _time.GetUtcNow() + Delay(failures);
        _why = why;
    }

    private Offer MakeOffer(IReadOnlyList<Tool> told)
    {
        var version = Seen.Version;
        var good = told.Where(IsUsable).DistinctBy(t => t.Name, StringComparer.Ordinal).Select(t => (Tool: t, Name: Prefix + t.Name, Hash: SeenTools.HashOf(t))).ToList();
        var changed = Seen.Look(good.Select(t => (t.Name, t.Hash)));
        foreach (var name in changed)
        {
            LogChanged(name);
        }

        foreach (var name in Options.Kinds.Keys.Concat(Options.NeedsApproval).Where(n => told.All(t => t.Name != n)).Distinct(StringComparer.Ordinal))
        {
            LogNoSuchTool(Options.Name, name);
        }

        return new Offer(told, version, good.ConvertAll(t =>
        {
            var kind = Options.Kinds.GetValueOrDefault(t.Tool.Name, ToolKind.Unsafe);
            return new ToolDefinition(new McpFunction(this, t.Tool, t.Hash, changed.Contains(t.Name), kind))
            {
                Kind = kind,
                NeedsApproval = Options.NeedsApproval.Contains(t.Tool.Name) || changed.Contains(t.Name),
                Deadline = Options.Deadline,
                MaxResultLength = Options.MaxResultLength,
            };
        }));
    }

    private bool IsUsable(Tool tool)
    {
        var good = Prefix.Length + tool.Name.Length <= 64 && GoodName.IsMatch(tool.Name) && tool.InputSchema.GetRawText().Length <= MaxSchemaLength;
        if (!good)
        {
            LogUnusable(Options.Name, tool.Name.Length <= 100 ? tool.Name : tool.Name[..100]);
        }

        return good;
    }

    private TroupeException Unavailable(string why) => new(ErrorKind.Unavailable, "mcp_unavailable", $"The MCP server '{Options.Name}' {why}");

    private string LastWords(string errors, string otherwise) =>
        Options.Conceal(errors.Trim() is { Length: > 0 } said ? said : otherwise).ReplaceLineEndings(" | ");

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.None, 1000)]
    private static partial Regex GoodName { get; }

    [LoggerMessage(Level = LogLevel.Information, Message = "The MCP server {Server} has started and has {Count} tools")]
    private partial void LogStarted(string server, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The MCP server {Server} says that its tools have changed")]
    private partial void LogToldChange(string server);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} {Why} {Said}")]
    private partial void LogNotStarted(string server, string why, string said);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} has ended. {Said}")]
    private partial void LogEnded(string server, string said);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} was lost in the middle of a call ({Failure})")]
    private partial void LogLost(string server, string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} did not answer a call in time, nor a ping within {Seconds} s; it is ended")]
    private partial void LogHung(string server, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} did not tell its tools again ({Failure})")]
    private partial void LogNotTold(string server, string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The description or schema of the tool {Tool} is not the one that was accepted; a person is asked before it runs")]
    private partial void LogChanged(string tool);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} has the tool '{Tool}', which cannot be used: its name has other characters than a-z, A-Z, 0-9, - and _, or is too long, or its schema is")]
    private partial void LogUnusable(string server, string tool);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The settings of the MCP server {Server} name the tool '{Tool}', which it does not have")]
    private partial void LogNoSuchTool(string server, string tool);

    /// <summary>What is made of what the server told, as long as neither that nor what was accepted changes.</summary>
    private sealed record Offer(IReadOnlyList<Tool> Told, int SeenVersion, IReadOnlyList<ToolDefinition> Tools);
}
