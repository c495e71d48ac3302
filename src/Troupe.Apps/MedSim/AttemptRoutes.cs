using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Scoring;
using Troupe.Server;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Storage;

namespace Troupe.Apps.MedSim;

/// <summary>The routes of attempts.</summary>
internal sealed class AttemptRoutes(ServerServices services, MedSimHost host)
{
    private const string ReceiptRoute = "medsim-attempts";
    private const int MaxWords = 300;
    private const int MaxText = 8000;
    private const int MaxDifferentials = 10;
    private const int MaxAttempts = 10_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        const string attempt = "/api/v1/medsim/attempts/{id}";
        routes.Post("/api/v1/medsim/attempts", Scope.Chat, BeginAsync).Takes<AttemptRequest>().Answers<AttemptView>(StatusCodes.Status201Created);
        routes.Get("/api/v1/medsim/attempts", Scope.Chat, ListAsync).Answers<AttemptList>();
        routes.Get("/api/v1/medsim/attempts/export", Scope.Chat, ExportAllAsync).Answers<AttemptsExport>();
        routes.Get(attempt, Scope.Chat, ReadAsync).Answers<AttemptView>();
        routes.Post($"{attempt}/examine", Scope.Chat, ExamineAsync).Takes<WhatRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/order", Scope.Chat, OrderAsync).Takes<WhatRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/wait", Scope.Chat, WaitAsync).Takes<WaitRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/note", Scope.Chat, NoteAsync).Takes<TextRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/hint", Scope.Chat, HintAsync).Takes<EmptyRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/diagnose", Scope.Chat, DiagnoseAsync).Takes<DiagnosisRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/plan", Scope.Chat, PlanAsync).Takes<TextRequest>().Answers<ActionReply>();
        routes.Post($"{attempt}/finish", Scope.Chat, FinishAsync).Takes<EmptyRequest>().Answers<ActionReply>();
        routes.Get($"{attempt}/debrief", Scope.Chat, DebriefAsync).Answers<Debrief>();
        routes.Get($"{attempt}/export", Scope.Chat, ExportAsync).Answers<AttemptExport>();
    }

    /// <summary>The debrief of a finished attempt.</summary>
    /// <exception cref="TroupeException">It is not finished (code attempt_running).</exception>
    public static async Task<Debrief> DebriefOfAsync(MedSimHost host, string id, string owner, string? student, CancellationToken cancellationToken)
    {
        var (read, state, _) = await host.Desk.OpenAsync(id, owner, cancellationToken);
        return state.IsImported
            ? throw new TroupeException(
                ErrorKind.Conflict, "attempt_imported", $"The attempt was imported from a former MedSim. Only its words were kept, so there is no score. Read them at /api/v1/medsim/attempts/{id}.")
            : state.IsFinished ? DebriefView.Of(LineOf(id, read, state, student), read, state)
            : throw new TroupeException(ErrorKind.Conflict, "attempt_running", "The attempt is not finished; the debrief comes after its end.");
    }

    private static AttemptLine LineOf(string id, PatientCase read, AttemptState state, string? student = null) => new(
        id, read.Id, read.Title, read.Specialty, read.Difficulty, state.Begin!.Mode!, state.IsFinished ? "finished" : "running", state.StartedAt, state.Begin.Class, student, state.FinishedAt,
        AttemptViews.ScoreOf(read, state), state.IsImported ? null : Math.Round(state.Minutes, 1), state.IsImported ? null : state.Cost);

    private async Task BeginAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, MedSimJson.Default.AttemptRequest, context.RequestAborted);
        TextRules.Check(request.Case, "case");
        TextRules.Check(request.Mode, "mode");
        TextRules.Check(request.ClassId ?? "", "class_id");
        var id = await OnceAsync(context, request);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/api/v1/medsim/attempts/{id}";
        await WriteAsync(context, id);
    }

    private async Task<string> OnceAsync(HttpContext context, AttemptRequest request)
    {
        var owner = context.Caller.Owner;
        if (context.IdempotencyKey is not { } key)
        {
            return await host.Desk.BeginAsync(owner, request, null, CancellationToken.None);
        }

        for (var first = true; ; first = false)
        {
            var (id, _) = await services.Receipts.OnceAsync(
                owner, ReceiptRoute, key, Hashing.Of(request.Case, request.Mode, request.ClassId), receipt => host.Desk.BeginAsync(owner, request, receipt, CancellationToken.None));
            try
            {
                await host.Desk.OpenAsync(id, owner, context.RequestAborted);
                return id;
            }
            catch (TroupeException failure) when (failure.Kind == ErrorKind.NotFound && first)
            {
                // The attempt was deleted, and with it the receipt that is stored.
                services.Receipts.Forget(owner, ReceiptRoute, key);
            }
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        var state = context.QueryWord("state", "running", "finished");
        var limit = context.QueryNumber("limit", 50, 1, 200);
        var wanted = context.Request.Query["case"].ToString();
        var before = context.Request.Query["before"] is [{ Length: > 0 } id] ? id : null;
        var rows = await host.Desk.RowsAsync(new DocumentQuery(AttemptRow.Kind) { Owner = context.Caller.Owner, Before = before, Limit = MaxAttempts }, context.RequestAborted);
        List<AttemptLine> lines =
        [
            .. rows.Select(r => r.Row.ToLine(r.Id)).Where(l => (state is null || l.State == state) && (wanted.Length == 0 || l.Case == wanted)).Take(limit + 1),
        ];
        var more = lines.Count > limit;
        await JsonReply.WriteAsync(context, new AttemptList(more ? lines[..limit] : lines, more ? lines[limit - 1].Id : null), MedSimJson.Default.AttemptList);
    }

    private Task ReadAsync(HttpContext context) => WriteAsync(context, context.RouteText("id"));

    private async Task WriteAsync(HttpContext context, string id)
    {
        var (read, state, seconds) = await host.Desk.OpenAsync(id, context.Caller.Owner, context.RequestAborted);
        var view = AttemptViews.ViewOf(id, read, state, seconds, AttemptViews.ScoreOf(read, state));
        await JsonReply.WriteAsync(context, view, MedSimJson.Default.AttemptView);
    }

    private async Task ExamineAsync(HttpContext context)
    {
        var what = Words((await JsonBody.ReadAsync(context, MedSimJson.Default.WhatRequest, context.RequestAborted)).What, "what", MaxWords);
        await ActAsync(context, ["examine", what], false, (read, state) => AttemptActions.Examine(read, state, what));
    }

    private async Task OrderAsync(HttpContext context)
    {
        var what = Words((await JsonBody.ReadAsync(context, MedSimJson.Default.WhatRequest, context.RequestAborted)).What, "what", MaxWords);
        await ActAsync(context, ["order", what], false, (read, state) => AttemptActions.Order(read, state, what));
    }

    private async Task WaitAsync(HttpContext context)
    {
        var minutes = (await JsonBody.ReadAsync(context, MedSimJson.Default.WaitRequest, context.RequestAborted)).Minutes;
        await ActAsync(context, ["wait", minutes?.ToString(CultureInfo.InvariantCulture) ?? ""], false, (_, state) => AttemptActions.Wait(state, minutes));
    }

    private async Task NoteAsync(HttpContext context)
    {
        var text = Words((await JsonBody.ReadAsync(context, MedSimJson.Default.TextRequest, context.RequestAborted)).Text, "text", MaxText);
        await ActAsync(context, ["note", text], true, (_, state) => AttemptActions.Note(state, text));
    }

    private async Task HintAsync(HttpContext context)
    {
        await ReadEmptyAsync(context);
        await ActAsync(context, ["hint"], false, AttemptActions.Hint);
    }

    private async Task DiagnoseAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, MedSimJson.Default.DiagnosisRequest, context.RequestAborted);
        var diagnosis = Words(request.Diagnosis, "diagnosis", MaxWords);
        if (request.Differentials is { Count: > MaxDifferentials } many)
        {
            throw Invalid("differentials", $"There are {many.Count} differentials; at most {MaxDifferentials} are taken.");
        }

        List<string> others = [.. (request.Differentials ?? []).Select((d, i) => Words(d, string.Create(CultureInfo.InvariantCulture, $"differentials[{i}]"), MaxWords))];
        await ActAsync(context, ["diagnose", diagnosis, .. others], true, (_, state) => AttemptActions.Diagnose(state, diagnosis, others));
    }

    private async Task PlanAsync(HttpContext context)
    {
        var text = Words((await JsonBody.ReadAsync(context, MedSimJson.Default.TextRequest, context.RequestAborted)).Text, "text", MaxText);
        await ActAsync(context, ["plan", text], true, (_, state) => AttemptActions.Plan(state, text));
    }

    private async Task FinishAsync(HttpContext context)
    {
        await ReadEmptyAsync(context);
        await ActAsync(context, ["finish"], true, (_, state) => AttemptActions.Finish(state));
    }

    private async Task ActAsync(HttpContext context, string[] body, bool isClosing, Func<PatientCase, AttemptState, AttemptAction> act)
    {
        var id = context.RouteText("id");
        PatientCase? played = null;
        var action = await host.Desk.ActAsync(
            id, context.Caller.Owner, context.IdempotencyKey, body, isClosing, (read, state) => act(played = read, state), context.RequestAborted);
        var read = played ?? (await host.Desk.OpenAsync(id, context.Caller.Owner, context.RequestAborted)).Case;
        await JsonReply.WriteAsync(context, AttemptActions.Answer(action, read, host.Desk.SecondsOf(action.State)), MedSimJson.Default.ActionReply);
    }

    private async Task DebriefAsync(HttpContext context) =>
        await JsonReply.WriteAsync(context, await DebriefOfAsync(host, context.RouteText("id"), context.Caller.Owner, null, context.RequestAborted), MedSimJson.Default.Debrief);

    private async Task ExportAsync(HttpContext context)
    {
        var format = context.QueryWord("format", "json", "csv", "page") ?? "json";
        var id = context.RouteText("id");
        var (read, state, _) = await host.Desk.OpenAsync(id, context.Caller.Owner, context.RequestAborted);
        var line = LineOf(id, read, state);
        var debrief = state is { IsFinished: true, IsImported: false } ? DebriefView.Of(line, read, state) : null;
        var export = new AttemptExport(1, line, AttemptViews.EventsOf(state), AttemptViews.OrdersOf(state), debrief);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"attempt-{id}.{(format == "page" ? "html" : format)}\"";
        await (format switch
        {
            "csv" => AttemptFiles.WriteAsync(context, AttemptFiles.Csv(export), "text/csv; charset=utf-8"),
            "page" => AttemptFiles.WritePageAsync(context, export),
            _ => JsonReply.WriteAsync(context, export, MedSimJson.Default.AttemptExport),
        });
    }

    private async Task ExportAllAsync(HttpContext context)
    {
        var format = context.QueryWord("format", "json", "csv") ?? "json";
        var rows = await host.Desk.RowsAsync(new DocumentQuery(AttemptRow.Kind) { Owner = context.Caller.Owner, Limit = MaxAttempts }, context.RequestAborted);
        List<AttemptLine> lines = [.. rows.Select(r => r.Row.ToLine(r.Id))];
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"attempts.{format}\"";
        await (format == "csv"
            ? AttemptFiles.WriteAsync(context, AttemptFiles.Csv(lines), "text/csv; charset=utf-8")
            : JsonReply.WriteAsync(context, new AttemptsExport(1, lines), MedSimJson.Default.AttemptsExport));
    }

    private static async Task ReadEmptyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            await JsonBody.ReadAsync(context, MedSimJson.Default.EmptyRequest, context.RequestAborted);
        }
    }

    private static string Words(string text, string member, int most)
    {
        TextRules.Check(text, member);
        var words = text.Trim();
        return words.Length >= 1 && words.Length <= most ? words
            : throw Invalid(member, string.Create(CultureInfo.InvariantCulture, $"'{member}' has {words.Length} characters; it must have 1 to {most}."));
    }

    private static TroupeException Invalid(string member, string message) => new(ErrorKind.Invalid, "member_invalid", message) { Member = member };
}
