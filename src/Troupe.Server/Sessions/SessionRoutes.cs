using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Server.Sessions;

/// <summary>The routes of sessions, turns and agents.</summary>
internal sealed class SessionRoutes(AgentRuntime runtime, ReceiptBook receipts, ServerSettings settings, ServerState state)
{
    private const string UsualAgent = "assistant";
    private const int MaxImportEntries = 100_000;
    private const int ImportBodies = 16;
    private const int MaxTitle = 200;
    private const int MaxOrigin = 200;
    private const int MaxSearch = 200;
    private const int ExportVersion = 1;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/api/v1/agents", Scope.Chat, AgentsAsync).Answers<AgentList>();
        routes.Get("/api/v1/sessions", Scope.Chat, ListAsync).Answers<SessionList>();
        routes.Post("/api/v1/sessions", Scope.Chat, CreateAsync).Takes<CreateSessionRequest>().Answers<SessionCreated>(StatusCodes.Status201Created);
        routes.Post("/api/v1/sessions/import", Scope.Chat, ImportAsync).Takes<ImportRequest>()
            .Answers<SessionCreated>(StatusCodes.Status201Created).Answers<SessionCreated>();
        routes.Get("/api/v1/sessions/{id}", Scope.Chat, ReadAsync).Answers<SessionView>();
        routes.Patch("/api/v1/sessions/{id}", Scope.Chat, PatchAsync).Takes<SessionPatch>().Answers<SessionLine>();
        routes.Delete("/api/v1/sessions/{id}", Scope.Chat, DeleteAsync).Answers(StatusCodes.Status204NoContent);
        routes.Delete("/api/v1/sessions/{id}/entries/{seq}", Scope.Chat, EraseAsync).Answers<BranchErased>();
        routes.Get("/api/v1/sessions/{id}/export", Scope.Chat, ExportAsync).Answers<SessionExport>();
        routes.Get("/api/v1/sessions/{id}/events", Scope.Chat, EventsAsync).Streams();
        routes.Post("/api/v1/sessions/{id}/turns", Scope.Chat, TurnAsync).Takes<TurnRequest>().Answers<TurnReply>();
        routes.Post("/api/v1/sessions/{id}/turns/{turn}/cancel", Scope.Chat, CancelAsync).Answers<TurnReply>();
        routes.Post("/api/v1/sessions/{id}/turns/{turn}/approvals", Scope.Chat, ApproveAsync).Takes<ApprovalRequest>().Answers<TurnReply>();
    }

    /// <summary>Checks a message and its alternatives, before anything is queued.</summary>
    public static TurnInput InputOf(TurnRequest request, string? key, AgentRuntime runtime, ServerSettings settings)
    {
        if ((request.Message is null) == (request.Regenerate is null))
        {
            throw Invalid("member_missing", "Send either 'message' or 'regenerate'.", "message");
        }

        if (request.Regenerate is not null && request.Parent is not null)
        {
            throw Invalid("member_invalid", "'parent' has no meaning beside 'regenerate'.", "parent");
        }

        if (request.Message is { } message)
        {
            if (message.Length == 0)
            {
                throw Invalid("member_invalid", "'message' is empty.", "message");
            }

            if (message.Length > settings.MaxMessageLength)
            {
                throw Invalid("message_too_long", string.Create(CultureInfo.InvariantCulture, $"'message' has {message.Length} characters; at most {settings.MaxMessageLength} are taken. Send it in parts."), "message");
            }

            TextRules.Check(message, "message");
        }

        if (request.Model is { } model && runtime.Models.Find(model) is null)
        {
            TextRules.Check(model, "model");
            throw Invalid("model_not_found", $"There is no model '{(model.Length > 80 ? model[..80] : model)}'. There are: {string.Join(", ", runtime.Models.All.Select(m => m.Info.Name))}.", "model");
        }

        return new TurnInput { Message = request.Message, Parent = request.Parent, Regenerate = request.Regenerate, Model = request.Model, Key = key, NoCache = request.Cache == false };
    }

    private static TroupeException Invalid(string code, string message, string member) => new(ErrorKind.Invalid, code, message) { Member = member };

    private static string TitleOf(string title)
    {
        TextRules.Check(title, "title");
        return title.Length is >= 1 and <= MaxTitle ? title : throw Invalid("member_invalid", $"'title' has {title.Length} characters; it must have 1 to {MaxTitle}.", "title");
    }

    private static string OriginOf(string origin)
    {
        TextRules.Check(origin, "origin");
        return origin.Length is >= 1 and <= MaxOrigin
            ? origin : throw Invalid("member_invalid", $"'origin' has {origin.Length} characters; it must have 1 to {MaxOrigin}.", "origin");
    }

    private static string IdOf(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower)
        ? id : throw Invalid("member_invalid", $"'new_id' has {id.Length} characters; it must be 32 of 0-9 and a-f.", "new_id");

    private static SessionLine LineOf(SessionRecord session, Caller caller) => new(
        session.Id, session.Owner, session.Agent, session.Owner == caller.Owner ? session.Title : null, session.Archived, Names.Of(session.Durability), session.CreatedAt, session.UpdatedAt);

    /// <summary>The caller's own sessions; for an operator, where its words are not shown, anybody's.</summary>
    private static string? OwnerOrAny(Caller caller) => caller.IsAdmin ? null : caller.Owner;

    private Task AgentsAsync(HttpContext context)
    {
        var agents = runtime.Agents.All
            .Select(a => new AgentLine(a.Name, a.Description, a.Model ?? runtime.Models.Default ?? "", Names.Of(a.Durability), a.Input.ToString().ToLowerInvariant())).ToList();
        return JsonReply.WriteAsync(context, new AgentList(agents), ServerJson.Default.AgentList);
    }

    private async Task CreateAsync(HttpContext context)
    {
        var request = context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            ? new CreateSessionRequest()
            : await JsonBody.ReadAsync(context, ServerJson.Default.CreateSessionRequest, context.RequestAborted);
        var agent = runtime.Agents.Get(request.Agent ?? UsualAgent);
        var durability = Names.DurabilityOf(request.Durability) ?? agent.Durability;
        var owner = context.Caller.Owner;
        var record = await OnceAsync(context, "sessions", Hashing.Of(request.Agent, request.Durability), async receipt =>
            (await runtime.Sessions.CreateAsync(owner, agent.Name, durability, receipt)).Record);
        await CreatedAsync(context, record);
    }

    /// <summary>Makes a session; with a key, once.</summary>
    private async Task<SessionRecord> OnceAsync(HttpContext context, string route, UInt128 body, Func<Func<SessionRecord, Receipt>?, Task<SessionRecord>> make)
    {
        if (context.IdempotencyKey is not { } key)
        {
            return await make(null);
        }

        var owner = context.Caller.Owner;
        for (var first = true; ; first = false)
        {
            var (id, _) = await receipts.OnceAsync(owner, route, key, body, async receipt => (await make(s => receipt(s.Id))).Id);
            try
            {
                return await runtime.Sessions.UseAsync(id, owner, s => new ValueTask<SessionRecord>(s.Record), context.RequestAborted);
            }
            catch (TroupeException failure) when (failure.Kind == ErrorKind.NotFound && first)
            {
                // The session was deleted, and with it the receipt that is stored.
                receipts.Forget(owner, route, key);
            }
        }
    }

    private static Task CreatedAsync(HttpContext context, SessionRecord record, int status = StatusCodes.Status201Created)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = $"/api/v1/sessions/{record.Id}";
        return JsonReply.WriteAsync(context, new SessionCreated(record.Id, record.Agent, Names.Of(record.Durability)), ServerJson.Default.SessionCreated);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var everybody = context.QueryWord("owner", "*") is not null;
        if (everybody && !context.Caller.IsAdmin)
        {
            throw new TroupeException(ErrorKind.Invalid, "scope_missing", "The key lacks the scope 'admin', which other people's sessions need. Leave out 'owner'.") { Member = "owner" };
        }

        var text = query["q"].ToString();
        if (text.Length > 0)
        {
            TextRules.Check(text, "q");
            if (everybody)
            {
                throw Invalid("query_invalid", "Words are searched in one's own sessions only: leave out 'owner' or 'q'.", "q");
            }
        }

        text = text.Length <= MaxSearch ? text : TextRules.Mend(text[..MaxSearch]);
        var limit = context.QueryNumber("limit", 50, 1, 200);
        var sessions = await runtime.Store.ListSessionsAsync(
            new SessionQuery
            {
                Owner = everybody ? null : context.Caller.Owner,
                Text = text.Length == 0 ? null : text,
                Before = query["before"] is [{ Length: > 0 } before] ? before : null,
                Limit = limit,
                Archived = context.QueryWord("archived", "true", "false") == "true",
            },
            context.RequestAborted);
        var found = text.Length == 0
            ? []
            : (await runtime.Store.FindEntriesAsync([.. sessions.Select(s => s.Number)], new SearchPhrase(text), context.RequestAborted)).ToDictionary(f => f.Session, f => new SessionFound(f.Seq, f.Excerpt));
        var lines = sessions.Select(s => LineOf(s, context.Caller) with { Found = found.GetValueOrDefault(s.Number) }).ToList();
        await JsonReply.WriteAsync(context, new SessionList(lines, lines.Count == limit ? lines[^1].Id : null), ServerJson.Default.SessionList);
    }

    private async Task ReadAsync(HttpContext context)
    {
        var after = context.QueryNumber("after", 0, 0, int.MaxValue);
        var limit = context.QueryNumber("limit", 200, 1, 1000);
        var view = await runtime.Sessions.UseAsync(
            context.RouteText("id"), context.Caller.Owner,
            session =>
            {
                var record = session.Record;
                var entries = session.Page(after, limit).Select(EntryView.Of).ToList();
                return new ValueTask<SessionView>(new SessionView(
                    record.Id, record.Agent, record.Title, Names.Of(record.Durability), record.Archived, Math.Min(session.Head, session.Count), record.CreatedAt, record.UpdatedAt,
                    entries, entries.Count > 0 && entries[^1].Seq < session.Count ? entries[^1].Seq : null));
            },
            context.RequestAborted);
        await JsonReply.WriteAsync(context, view, ServerJson.Default.SessionView);
    }

    private async Task PatchAsync(HttpContext context)
    {
        var patch = await JsonBody.ReadAsync(context, ServerJson.Default.SessionPatch, context.RequestAborted);
        var title = patch.Title is null ? null : TitleOf(patch.Title);
        var record = await runtime.Sessions.UseAsync(
            context.RouteText("id"), context.Caller.Owner,
            async session =>
            {
                await session.UpdateAsync(title, patch.Archived, patch.Head, context.RequestAborted);
                return session.Record;
            },
            context.RequestAborted);
        await JsonReply.WriteAsync(context, LineOf(record, context.Caller), ServerJson.Default.SessionLine);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        await runtime.Sessions.UseAsync(
            context.RouteText("id"), OwnerOrAny(context.Caller),
            async session =>
            {
                await session.DeleteAsync(context.RequestAborted);
                return true;
            },
            context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task EraseAsync(HttpContext context)
    {
        // Not before the session is found: of a foreign one nothing is said.
        var (head, erased) = await runtime.Sessions.UseAsync(
            context.RouteText("id"), context.Caller.Owner,
            async session => await session.EraseAsync(SeqOf(context), context.RequestAborted), context.RequestAborted);
        await JsonReply.WriteAsync(context, new BranchErased(head, erased), ServerJson.Default.BranchErased);
    }

    private async Task TurnAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, ServerJson.Default.TurnRequest, context.RequestAborted);
        var input = InputOf(request, context.IdempotencyKey, runtime, settings);
        var (session, turn) = await runtime.Sessions.SubmitAsync(context.RouteText("id"), context.Caller.Owner, input, context.RequestAborted);
        await TurnAnswer.WriteAsync(context, runtime, session, turn, context.Request.WantsEvents);
    }

    private async Task CancelAsync(HttpContext context)
    {
        var number = NumberOf(context);
        var (session, turn) = await runtime.Sessions.UseAsync(
            context.RouteText("id"), OwnerOrAny(context.Caller),
            s => new ValueTask<(Session, Turn)>((s, s.Cancel(number))), context.RequestAborted);
        var result = await session.WaitAsync(turn, context.RequestAborted);

        // An operator stops other people's turns without reading them.
        result = session.Record.Owner == context.Caller.Owner ? result : result with { Reply = "" };
        await JsonReply.WriteAsync(context, TurnReply.Of(result), ServerJson.Default.TurnReply);
    }

    private async Task ApproveAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, ServerJson.Default.ApprovalRequest, context.RequestAborted);
        TextRules.Check(request.CallId, "call_id");
        var number = NumberOf(context);
        var (session, turn) = await runtime.Sessions.UseAsync(
            context.RouteText("id"), context.Caller.Owner,
            s => new ValueTask<(Session, Turn)>((s, s.Answer(number, request.CallId, request.Approve))), context.RequestAborted);
        await TurnAnswer.WriteAsync(context, runtime, session, turn, context.Request.WantsEvents);
    }

    private async Task EventsAsync(HttpContext context)
    {
        var id = context.RouteText("id");
        var owner = context.Caller.Owner;
        var from = TurnPosition.TryParse(context.Request.Headers["Last-Event-ID"], out var position) ? position : (TurnPosition?)null;

        // Before the stream begins: a foreign id is a 404, not an event.
        await runtime.Sessions.UseAsync(id, owner, static _ => new ValueTask<bool>(true), context.RequestAborted);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, state.Stopping, context.Caller.Revoked);
        try
        {
            await TurnAnswer.SendAsync(context, runtime, id, runtime.Sessions.FollowAsync(id, owner, from, end.Token));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            // The server ends the stream in good order; a client whose key is still good comes back with its last event id.
        }
    }

    /// <summary>Writes the entries as they are read, so that a long session takes no place in memory.</summary>
    private async Task ExportAsync(HttpContext context)
    {
        var markdown = context.QueryWord("format", "json", "markdown") == "markdown";
        var session = await runtime.Sessions.ReadAsync(context.RouteText("id"), context.Caller.Owner, context.RequestAborted);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"session-{session.Record.Id}.{(markdown ? "md" : "json")}\"";
        context.Response.ContentType = markdown ? "text/markdown; charset=utf-8" : "application/json";
        await (markdown ? WriteMarkdownAsync(context, session) : WriteExportAsync(context, session));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static async Task WriteExportAsync(HttpContext context, SessionReading session)
    {
        var record = session.Record;
        var frame = Encoding.UTF8.GetString(JsonReply.Serialize(
            new SessionExport(
                ExportVersion, record.Id, record.Agent, record.Title, Names.Of(record.Durability), record.Archived, session.Head, record.CreatedAt, record.UpdatedAt, []),
            ServerJson.Default.SessionExport));

        // The entries are the last member; what stands before and after their array is the frame.
        var at = frame.LastIndexOf(']');
        var body = context.Response.BodyWriter;
        Encoding.UTF8.GetBytes(frame.AsSpan(0, at), body);
        await foreach (var entry in session.EntriesAsync(context.RequestAborted))
        {
            if (entry.Seq > 1)
            {
                body.Write(","u8);
            }

            body.Write(JsonReply.Serialize(EntryView.Of(entry), ServerJson.Default.EntryView));
            await FlushAsync(context, entry);
        }

        Encoding.UTF8.GetBytes(frame.AsSpan(at), body);
    }

    private static async Task WriteMarkdownAsync(HttpContext context, SessionReading session)
    {
        var body = context.Response.BodyWriter;
        Encoding.UTF8.GetBytes($"# {session.Record.Title ?? "Conversation"}\n\n", body);
        await foreach (var entry in session.PathAsync(context.RequestAborted))
        {
            if (entry.Role is EntryRole.User or EntryRole.Assistant)
            {
                var who = entry.Role == EntryRole.User ? "You" : session.Record.Agent;
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"**{who}** ({entry.At:yyyy-MM-dd HH:mm})\n\n{entry.Text}\n\n"), body);
            }

            await FlushAsync(context, entry);
        }
    }

    private static ValueTask<FlushResult> FlushAsync(HttpContext context, Entry entry)
    {
        const int entriesAtOnce = 128;
        return entry.Seq % entriesAtOnce == 0 ? context.Response.BodyWriter.FlushAsync(context.RequestAborted) : default;
    }

    private async Task ImportAsync(HttpContext context)
    {
        // A whole session may be much larger than a message.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = (long)ImportBodies * settings.MaxBodyBytes;
        var request = await JsonBody.ReadAsync(context, ServerJson.Default.ImportRequest, context.RequestAborted);
        var agent = runtime.Agents.Get(request.Agent ?? UsualAgent);
        var durability = Names.DurabilityOf(request.Durability) ?? agent.Durability;
        var entries = EntriesOf(request);
        var title = request.Title is null ? null : TitleOf(request.Title);
        if (request.Head is { } given && (given < 0 || given > entries.Count || (given > 0 && entries[given - 1].Role == EntryRole.Erased)))
        {
            throw Invalid("member_invalid", $"'head' is {given}; there are {entries.Count} entries, and one that is erased leads nowhere.", "head");
        }

        var head = request.Head ?? entries.FindLast(e => e.Role != EntryRole.Erased)?.Seq ?? 0;

        var owner = context.Caller.Owner;
        var origin = request.Origin is null ? null : OriginOf(request.Origin);
        var id = request.NewId is null ? null : IdOf(request.NewId);
        var known = false;
        var record = await OnceAsync(context, "import", HashOf(request), async receipt =>
        {
            var (session, isNew) = await runtime.Sessions.ImportAsync(owner, agent.Name, durability, title, head, entries, receipt, origin, id);
            known = !isNew;
            return session.Record;
        });
        await CreatedAsync(context, record, known ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    }

    private List<Entry> EntriesOf(ImportRequest request)
    {
        if (request.TroupeExport is { } version && version != ExportVersion)
        {
            throw Invalid("member_invalid", $"'troupe_export' is {version}; this server takes {ExportVersion}.", "troupe_export");
        }

        if (request.Entries.Count > MaxImportEntries)
        {
            throw Invalid("member_invalid", $"There are {request.Entries.Count} entries; at most {MaxImportEntries} are taken at once.", "entries");
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

    /// <summary>Of all that the import keeps, as it came: what is filled in here differs from time to time.</summary>
    private static UInt128 HashOf(ImportRequest request) => Hashing.Of(
        [
            request.Agent, request.Title, request.Durability, request.Head?.ToString(CultureInfo.InvariantCulture), request.Origin, request.NewId,
            .. request.Entries.SelectMany(e => new[] { e!.Role, e.Parent?.ToString(CultureInfo.InvariantCulture), e.At?.ToString("O", CultureInfo.InvariantCulture), e.Text }),
        ]);

    private static int SeqOf(HttpContext context) => int.TryParse(context.RouteText("seq"), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
        ? seq
        : throw new TroupeException(ErrorKind.NotFound, "entry_not_found", "There is no such entry in this session. An entry is named by its 'seq'.");

    private static long NumberOf(HttpContext context)
    {
        var text = context.RouteText("turn");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new TroupeException(ErrorKind.NotFound, "turn_not_found", "There is no such turn in this session.");
    }
}
