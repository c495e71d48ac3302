using System.Globalization;
using Troupe.Agents;
using Troupe.Server.Sessions;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Server.Import;

/// <summary>Makes sessions of entries from elsewhere. The request's own route and whole files come here, so that both make the same of the same words.
/// Thread-safe.</summary>
internal sealed class SessionImport(AgentRuntime runtime)
{
    private const int MaxEntries = 100_000;
    private const int MaxOrigin = 200;

    /// <summary>Checks a request, before anything is made.</summary>
    /// <exception cref="TroupeException">It is refused, with the member at fault.</exception>
    public SessionDraft Check(ImportRequest request)
    {
        var agent = runtime.Agents.Get(request.Agent ?? SessionRoutes.UsualAgent);
        var durability = Names.DurabilityOf(request.Durability) ?? agent.Durability;
        var entries = EntriesOf(request);
        var title = request.Title is null ? null : SessionRoutes.TitleOf(request.Title);
        if (request.Head is { } given && (given < 0 || given > entries.Count || (given > 0 && entries[given - 1].Role == EntryRole.Erased)))
        {
            throw Invalid("member_invalid", $"'head' is {given}; there are {entries.Count} entries, and one that is erased leads nowhere.", "head");
        }

        return new SessionDraft(
            agent.Name, durability, title, request.Head ?? entries.FindLast(e => e.Role != EntryRole.Erased)?.Seq ?? 0, entries,
            request.Origin is null ? null : OriginOf(request.Origin), request.NewId is null ? null : IdOf(request.NewId));
    }

    /// <summary>Makes the session, or finds the owner's of the same origin. Nobody's leaving stops it: it is whole or not there.</summary>
    /// <returns>The session, and whether this call made it.</returns>
    public Task<(Session Session, bool IsNew)> MakeAsync(string owner, SessionDraft draft, Func<SessionRecord, Receipt>? receipt = null)
    {
        var log = new ImportedLog(draft.Title, draft.Entries);
        log = runtime.Agents.Find(draft.Agent)?.Receive?.Invoke(log) ?? log;
        return runtime.Sessions.ImportAsync(
            owner, draft.Agent, draft.Durability, draft.Title, draft.Head, log.Entries, receipt, draft.Origin, draft.Id, log.Beside, CancellationToken.None);
    }

    private static TroupeException Invalid(string code, string message, string member) => new(ErrorKind.Invalid, code, message) { Member = member };

    private static string OriginOf(string origin)
    {
        TextRules.Check(origin, "origin");
        return origin.Length is >= 1 and <= MaxOrigin
            ? origin : throw Invalid("member_invalid", $"'origin' has {origin.Length} characters; it must have 1 to {MaxOrigin}.", "origin");
    }

    private static string IdOf(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower)
        ? id : throw Invalid("member_invalid", $"'new_id' has {id.Length} characters; it must be 32 of 0-9 and a-f.", "new_id");

    private List<Entry> EntriesOf(ImportRequest request)
    {
        if (request.TroupeExport is { } version && version != SessionRoutes.ExportVersion)
        {
            throw Invalid("member_invalid", $"'troupe_export' is {version}; this server takes {SessionRoutes.ExportVersion}.", "troupe_export");
        }

        if (request.Entries.Count > MaxEntries)
        {
            throw Invalid("member_invalid", $"There are {request.Entries.Count} entries; at most {MaxEntries} are taken at once.", "entries");
        }

        var now = runtime.Time.GetUtcNow();
        var entries = new List<Entry>(request.Entries.Count);
        foreach (var given in request.Entries)
        {
            var seq = entries.Count + 1;
            var member = string.Create(CultureInfo.InvariantCulture, $"entries[{seq - 1}]");
            var line = given ?? throw Invalid("member_invalid", $"'{member}' is null; it must be an entry.", member);
            if (line.Seq is { } number && number != seq)
            {
                throw Invalid("member_invalid", $"'{member}.seq' is {number}; the entries must come in order, from 1, so {seq} is expected.", $"{member}.seq");
            }

            var role = Names.RoleOf(line.Role) ?? throw Invalid("member_invalid", $"'{member}.role' is not one of user, assistant, tool_call, tool_result, summary, note, erased.", $"{member}.role");
            var parent = line.Parent ?? seq - 1;
            if (parent < 0 || parent >= seq)
            {
                throw Invalid("member_invalid", $"'{member}.parent' is {parent}; it must be an earlier entry, or 0.", $"{member}.parent");
            }

            if (line.Text.Length > Session.MaxTextLength)
            {
                throw Invalid("message_too_long", $"'{member}.text' has {line.Text.Length} characters; at most {Session.MaxTextLength} are taken.", $"{member}.text");
            }

            TextRules.Check(line.Text, $"{member}.text");
            if (role == EntryRole.Erased && line.Text.Length > 0)
            {
                throw Invalid("member_invalid", $"'{member}.text' has {line.Text.Length} characters; of what was erased there are none.", $"{member}.text");
            }

            // An imported summary has no cover; it is a remark, not a stand-in for what it may have stood for.
            role = role == EntryRole.Summary ? EntryRole.Note : role;
            var tool = role is EntryRole.ToolCall or EntryRole.ToolResult ? DataOf(line.Tool, member) : null;
            entries.Add(new Entry(seq, parent, 0, role is EntryRole.ToolCall or EntryRole.ToolResult && tool is null ? EntryRole.Note : role, line.At ?? now, line.Text, tool?.Write()));
        }

        return Paired(entries);
    }

    private static ToolData? DataOf(ToolView? tool, string member)
    {
        if (tool is null)
        {
            return null;
        }

        foreach (var (text, name) in new[] { (tool.CallId, "call_id"), (tool.Name, "name"), (tool.Kind ?? "", "kind"), (tool.Status ?? "", "status") })
        {
            TextRules.Check(text, $"{member}.tool.{name}");
        }

        return new ToolData(tool.CallId, tool.Name, tool.Kind, tool.Status, tool.Milliseconds, tool.Source);
    }

    /// <summary>A model takes no call without a result and no result without a call: what has no partner becomes a remark.</summary>
    private static List<Entry> Paired(List<Entry> entries)
    {
        var calls = entries.Where(e => e.Role == EntryRole.ToolCall).Select(e => ToolData.Read(e)!.CallId).ToHashSet(StringComparer.Ordinal);
        var results = entries.Where(e => e.Role == EntryRole.ToolResult).Select(e => ToolData.Read(e)!.CallId).ToHashSet(StringComparer.Ordinal);
        calls.IntersectWith(results);
        return entries.ConvertAll(e => ToolData.Read(e) is { } tool && !calls.Contains(tool.CallId) ? e with { Role = EntryRole.Note, Data = null } : e);
    }
}
