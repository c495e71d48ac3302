using System.Globalization;
using System.Runtime.ExceptionServices;
using Troupe.Agents;
using Troupe.Server.Sessions;
using Troupe.Sessions;

namespace Troupe.Server.Import;

/// <summary>One import of a file: each of its conversations becomes a session of the owner, whole or not at all. A few are made at once, so that they share commits.</summary>
/// <param name="runtime">The runtime.</param>
/// <param name="sessions">Makes the sessions.</param>
/// <param name="owner">Whose they will be.</param>
/// <param name="agent">The agent that goes on with them; null for an export's own, else the usual one.</param>
internal sealed class FileImport(AgentRuntime runtime, SessionImport sessions, string owner, string? agent)
{
    public const int MaxConversations = 20_000;

    private const int InFlight = 8;
    private const int MaxRefused = 100;
    private const int MaxSessions = 50;
    private const int MaxText = 500;

    private readonly Queue<(string Place, Task<(Session Session, bool IsNew)> Made)> _underWay = new();
    private readonly List<RefusedPart> _refused = [];
    private readonly List<ImportedSession> _sessions = [];
    private int _refusedMore;
    private int _conversations;
    private int _imported;
    private int _known;

    /// <summary>Why the import ended before the file did; also what is no <see cref="TroupeException"/>, and to be logged.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Imports a file.</summary>
    /// <param name="file">The file, from its beginning.</param>
    /// <param name="name">What its owner calls it; null for nothing.</param>
    /// <param name="stop">Stops before the next conversation; those under way are finished.</param>
    /// <exception cref="TroupeException">It is no file that can be imported (code file_unknown), or nothing was taken before it failed.</exception>
    public async Task<ImportReport> RunAsync(Stream file, string? name, CancellationToken stop)
    {
        var content = new ConversationFile("auto");
        try
        {
            await content.ReadAsync(file, TakeAsync, stop);
        }
        catch (Exception failure)
        {
            Failure = stop.IsCancellationRequested && failure is OperationCanceledException ? Stopped(failure) : failure;
        }

        while (_underWay.Count > 0)
        {
            await FinishAsync();
        }

        if (Failure is { } ended && _imported + _known == 0)
        {
            ExceptionDispatchInfo.Throw(ended);
        }

        return content.Format is { } format
            ? new ImportReport(format, _imported, _known, _refused, _refusedMore, _sessions, Failure is null ? null : InfoOf(Failure))
            : throw Unknown(name, _refused[0]);
    }

    /// <summary>The import was stopped from outside.</summary>
    public static TroupeException Stopped(Exception? cause = null) =>
        new(ErrorKind.Unavailable, "import_stopped", "The import was stopped before the end of the file. The same file again completes it.", cause) { RetryAfter = TimeSpan.FromSeconds(5) };

    private static ErrorInfo InfoOf(Exception failure) => failure is TroupeException known
        ? new ErrorInfo(known.Code, known.Message)
        : new ErrorInfo("internal_error", "The server failed in the middle of the file. It has been logged. The same file again completes the import.");

    private static TroupeException Unknown(string? name, RefusedPart refused) => new(
        ErrorKind.Invalid, "file_unknown",
        $"{(name is null ? "The file" : $"'{name}'")} cannot be imported; {refused.Place}: {refused.Reason}{(refused.Reason.EndsWith(FormatDetector.WayOut, StringComparison.Ordinal) ? "" : $" {FormatDetector.WayOut}")}");

    private async ValueTask TakeAsync(ImportItem item)
    {
        if (item is not ImportItem.Taken(var conversation, var place))
        {
            var refused = (ImportItem.Refused)item;
            Refuse(refused.Where, refused.Reason);
            return;
        }

        if (++_conversations > MaxConversations)
        {
            throw new TroupeException(
                ErrorKind.Invalid, "too_many_conversations",
                string.Create(CultureInfo.InvariantCulture, $"The file has more than {MaxConversations} conversations; the first {MaxConversations} were looked at. Split it, or use 'troupe import', which takes any number."));
        }

        if (_underWay.Count == InFlight)
        {
            await FinishAsync();
            if (Failure is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }

        _underWay.Enqueue((place, MakeAsync(conversation)));
    }

    private async Task<(Session Session, bool IsNew)> MakeAsync(Conversation conversation)
    {
        var wanted = conversation.AgentOf(agent, name => runtime.Agents.Find(name) is not null);
        return await sessions.MakeAsync(owner, sessions.Check(conversation.Request(wanted, conversation.Origin(), id: null)));
    }

    /// <summary>Waits for the first that is under way. What is wrong with it alone is told, and the next goes on; any other failure is the import's.</summary>
    private async Task FinishAsync()
    {
        var (place, made) = _underWay.Dequeue();
        try
        {
            var (session, isNew) = await made;
            _imported += isNew ? 1 : 0;
            _known += isNew ? 0 : 1;
            if (_sessions.Count < MaxSessions)
            {
                _sessions.Add(new ImportedSession(session.Record.Id, session.Record.Title, session.Count, isNew));
            }
        }
        catch (TroupeException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            Refuse(place, failure.Message);
        }
        catch (Exception failure)
        {
            Failure ??= failure;
        }
    }

    private void Refuse(string place, string reason)
    {
        if (_refused.Count == MaxRefused)
        {
            _refusedMore++;
            return;
        }

        _refused.Add(new RefusedPart(Shorten(place), Shorten(reason)));
    }

    private static string Shorten(string text) => text.Length <= MaxText ? text : TextRules.Mend(text[..MaxText]) + "…";
}
