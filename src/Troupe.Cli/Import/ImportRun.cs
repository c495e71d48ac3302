using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Troupe.Cli.Commands;
using Troupe.Cli.Link;
using Troupe.Server;
using Troupe.Server.Import;

namespace Troupe.Cli.Import;

/// <summary>One import: reads files, sends their conversations to the server, a few at once, and writes down what became of each.</summary>
/// <param name="link">The server; null to read the files only.</param>
/// <param name="format">The format that files must have; auto for any.</param>
/// <param name="agent">The agent that goes on with the sessions; null for an export's own, else the usual one.</param>
/// <param name="time">The clock, where the server's is not known.</param>
internal sealed class ImportRun(ServerLink? link, string format, string? agent, TimeProvider time)
{
    public const string SummaryPrefix = "troupe-import-";

    private const int InFlight = 8;
    private const int MaxAttempts = 10;

    /// <summary>From here on a body is sent when the server has said that it takes it: a refusal in the middle would be lost with the connection.</summary>
    private const int LargeBody = 1 << 20;

    /// <summary>What is under way when the command is interrupted may end: else nobody would know whether it was taken.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private ImportJournal? _journal;
    private HashSet<string> _agents = new(StringComparer.Ordinal);

    /// <summary>Imports files.</summary>
    /// <param name="files">The files.</param>
    /// <param name="unread">Paths that were refused before.</param>
    /// <param name="summaryPath">Where the summary goes; null for a name with the time.</param>
    /// <param name="cancellationToken">Interrupts; the summary tells what was taken until then.</param>
    /// <returns>The summary, and where it was written.</returns>
    public async Task<(ImportSummary Summary, string? Path)> RunAsync(
        List<(string Path, long SizeBytes)> files, List<FileSummary> unread, string? summaryPath, CancellationToken cancellationToken)
    {
        var summary = await BeginAsync(cancellationToken);
        summary.Files.AddRange(unread);
        if (link is not null)
        {
            // Before the first change: a place that cannot be written is known now, and a command that is killed leaves its mark.
            if (summaryPath is null)
            {
                summaryPath = FreeName(string.Create(CultureInfo.InvariantCulture, $"{SummaryPrefix}{summary.At:yyyyMMdd-HHmmss}"), ".json");
            }
            else
            {
                await SetAsideAsync(summaryPath);
            }

            summary.Interrupted = true;
            await WriteAsync(summary, summaryPath);
            _journal = ImportJournal.Create(summaryPath);
        }

        try
        {
            await using var progress = new ImportProgress(files.Sum(f => f.SizeBytes), time).Start();
            await ReadAndSendAsync(files, summary, progress, cancellationToken);
            summary.Interrupted = false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            summary.Interrupted = true;
        }
        finally
        {
            if (link is not null)
            {
                using (_journal)
                {
                    await WriteAsync(summary, summaryPath!);
                    if (!summary.Interrupted)
                    {
                        _journal!.Delete();
                    }
                }
            }
        }

        return (summary, link is null ? null : summaryPath);
    }

    private static string FreeName(string name, string ending)
    {
        var path = name + ending;
        for (var number = 2; File.Exists(path) || File.Exists(ImportJournal.PathOf(path)); number++)
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}{ending}");
        }

        return path;
    }

    /// <summary>The way back from an import that was ended before its time is kept, although its summary's name is used again.</summary>
    private static async Task SetAsideAsync(string path)
    {
        if (!File.Exists(ImportJournal.PathOf(path)))
        {
            return;
        }

        var aside = FreeName(Path.ChangeExtension(path, null), Path.GetExtension(path));
        try
        {
            File.Move(path, aside);
            File.Move(ImportJournal.PathOf(path), ImportJournal.PathOf(aside));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Setup, $"'{path}' is of an import that was interrupted, and cannot be renamed: {failure.Message}");
        }

        await Console.Error.WriteLineAsync($"troupe: The summary of the import that was interrupted is now '{aside}'.");
    }

    private static Task WriteAsync(ImportSummary summary, string path) =>
        WholeFile.WriteAsync(path, file => JsonSerializer.SerializeAsync(file, summary, ImportJson.Default.ImportSummary));

    private async Task<ImportSummary> BeginAsync(CancellationToken cancellationToken)
    {
        if (link is null)
        {
            return new ImportSummary { At = time.GetUtcNow(), DryRun = true };
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions?limit=1&archived=true");
        using var response = await link.SendAsync(request, cancellationToken);
        var sessions = await response.Content.ReadFromJsonAsync(JsonContext.Default.JsonElement, cancellationToken);
        var agents = await link.GetAsync("/api/v1/agents", cancellationToken);
        _agents = agents.GetProperty("agents").EnumerateArray().Select(a => a.GetProperty("name").GetString()!).ToHashSet(StringComparer.Ordinal);
        var summary = new ImportSummary { At = response.Headers.Date ?? time.GetUtcNow(), Url = link.Url };
        if (sessions.GetProperty("sessions").GetArrayLength() == 0)
        {
            summary.BackupNote = "There was nothing to back up: no session was there before.";
            return summary;
        }

        await BackUpAsync(link, summary, cancellationToken);
        return summary;
    }

    private static async Task BackUpAsync(ServerLink link, ImportSummary summary, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/backups") { Content = JsonContent.Create([], JsonContext.Default.JsonObject) };
        using var response = await link.AskAsync(request, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed:
                summary.BackupNote = "This server makes no backups.";
                break;
            case HttpStatusCode.Forbidden:
                summary.BackupNote = "This key may not make backups.";
                break;
            case var status when (int)status is >= 200 and < 300:
                summary.Backup = Output.TextOf(await response.Content.ReadFromJsonAsync(JsonContext.Default.JsonElement, cancellationToken), "path");
                break;
            default:
                throw new CommandFailure(ExitCodes.Refused, $"Nothing was imported, because no backup could be made before: {await ServerLink.DetailOf(response, cancellationToken)}");
        }
    }

    private async Task ReadAndSendAsync(List<(string Path, long SizeBytes)> files, ImportSummary summary, ImportProgress progress, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var end = new CancellationTokenSource();
        await using var interrupted = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).CancelAfter(EndTimeout), end);
        var queue = Channel.CreateBounded<(FileSummary File, ImportItem.Taken Item)>(new BoundedChannelOptions(InFlight) { SingleWriter = true });
        var senders = Enumerable.Range(0, InFlight).Select(_ => Task.Run(() => SendAllAsync(queue.Reader, summary, progress, stop, end.Token))).ToList();
        try
        {
            var before = 0L;
            foreach (var (path, size) in files)
            {
                var file = new FileSummary { Path = path };
                lock (_gate)
                {
                    summary.Files.Add(file);
                }

                var from = before;
                await ReadAsync(file, queue.Writer, position => progress.Read(from + position), stop.Token);
                before += size;
                progress.Read(before);
            }
        }
        catch (OperationCanceledException)
        {
            // The command was interrupted, or a sender failed, whose failure is the one to tell.
        }
        finally
        {
            queue.Writer.Complete();
            await Task.WhenAll(senders);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task ReadAsync(FileSummary file, ChannelWriter<(FileSummary File, ImportItem.Taken Item)> queue, Action<long> progress, CancellationToken cancellationToken)
    {
        var content = new ConversationFile(format);
        await content.ReadAsync(
            file.Path,
            item =>
            {
                progress(content.PositionBytes);
                lock (_gate)
                {
                    if (item is ImportItem.Refused(var where, var reason))
                    {
                        file.Refused.Add(new RefusedPlace(where, reason));
                        return default;
                    }

                    var taken = (ImportItem.Taken)item;
                    file.Conversations++;
                    file.Entries += taken.Conversation.Entries;
                    return link is null ? default : queue.WriteAsync((file, taken), cancellationToken);
                }
            },
            cancellationToken);
        lock (_gate)
        {
            file.Format = content.Format;
        }
    }

    private async Task SendAllAsync(
        ChannelReader<(FileSummary File, ImportItem.Taken Item)> queue, ImportSummary summary, ImportProgress progress, CancellationTokenSource stop, CancellationToken end)
    {
        try
        {
            // What is queued when the command is interrupted is left for the next time.
            while (!stop.IsCancellationRequested && await queue.WaitToReadAsync(CancellationToken.None))
            {
                while (!stop.IsCancellationRequested && queue.TryRead(out var next))
                {
                    await SendAsync(next.File, next.Item, summary, stop.Token, end);
                    progress.Taken();
                }
            }
        }
        catch (IOException failure)
        {
            await stop.CancelAsync();
            throw new CommandFailure(ExitCodes.Unreachable, $"The server at {link!.Url} went away: {failure.Message} The same command completes the import.");
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task SendAsync(FileSummary file, ImportItem.Taken item, ImportSummary summary, CancellationToken stop, CancellationToken end)
    {
        var origin = item.Conversation.Origin();
        var planned = new SessionSummary(Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), origin, New: true, item.Conversation.Entries);
        var request = item.Conversation.Request(item.Conversation.AgentOf(agent, _agents.Contains), origin, planned.Id);
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ServerJson.Default.ImportRequest);
        _journal!.Add(planned);
        for (var attempt = 1; ; attempt++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, "/api/v1/sessions/import") { Content = new ByteArrayContent(body) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            message.Headers.ExpectContinue = body.Length >= LargeBody;
            using var response = await link!.AskAsync(message, end);
            if (response.IsSuccessStatusCode)
            {
                var session = await response.Content.ReadFromJsonAsync(JsonContext.Default.JsonElement, end);
                var id = session.GetProperty("id").GetString()!;

                // An attempt whose answer was lost may have made it.
                var isNew = response.StatusCode == HttpStatusCode.Created || id == planned.Id;
                lock (_gate)
                {
                    file.New += isNew ? 1 : 0;
                    file.Existing += isNew ? 0 : 1;
                    summary.Sessions.Add(planned with { Id = id, New = isNew });
                }

                return;
            }

            var reason = await ServerLink.DetailOf(response, end);
            switch (response.StatusCode)
            {
                case HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable when attempt < MaxAttempts:
                    await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), time, stop);
                    break;
                case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests:
                    throw new CommandFailure(ExitCodes.Refused, $"The import ended at '{file.Path}', {item.Where}: {reason} The same command completes it.");
                default:
                    lock (_gate)
                    {
                        file.Refused.Add(new RefusedPlace(item.Where, $"The server refused it: {reason}"));
                    }

                    return;
            }
        }
    }
}
