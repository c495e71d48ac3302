using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;
using Troupe.Apps.Yaml;
using Troupe.Server;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Storage;

namespace Troupe.Apps.MedSim;

/// <summary>The library of cases, and the way into it.</summary>
internal sealed class CaseRoutes(ServerServices services, MedSimHost host)
{
    private const int ImportBodies = 4;
    private const int MaxAttempts = 10_000;
    private static readonly string[] FileTypes = ["application/yaml", "application/x-ndjson", "application/json", "text/plain", "application/octet-stream"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/api/v1/medsim/cases", Scope.Chat, ListAsync).Answers<CaseList>();
        routes.Get("/api/v1/medsim/cases/{case}", Scope.Chat, ReadAsync).Asks("mode").Answers<CaseView>();
        routes.Post("/api/v1/medsim/cases/import", Scope.Teach, ImportAsync).WithMetadata(new AcceptsMetadata(FileTypes, typeof(string))).Answers<CaseImport>(StatusCodes.Status201Created);
        routes.Delete("/api/v1/medsim/cases/{case}", Scope.Teach, DeleteAsync).Answers(StatusCodes.Status204NoContent);
        routes.Get("/api/v1/medsim/catalogue", Scope.Chat, CatalogueAsync).Answers<CatalogueView>();
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var (specialty, words) = (query["specialty"].ToString(), query["q"].ToString());
        var difficulty = context.QueryNumber("difficulty", 0, 1, 3);
        var all = await host.Shelf.ListAsync(context.Caller.Owner, context.RequestAborted);
        var taken = await TakenAsync(context);
        var lines = all
            .Where(c => specialty.Length == 0 || string.Equals(c.Case.Specialty, specialty, StringComparison.OrdinalIgnoreCase))
            .Where(c => difficulty == 0 || c.Case.Difficulty == difficulty)
            .Where(c => words.Length == 0 || $"{c.Case.Title} {c.Case.Specialty} {c.Case.Setting}".Contains(words, StringComparison.OrdinalIgnoreCase))
            .OrderBy(c => c.Owner is not null).ThenBy(c => c.Case.Specialty, StringComparer.Ordinal).ThenBy(c => c.Case.Difficulty).ThenBy(c => c.Case.Id, StringComparer.Ordinal)
            .Select(c => AttemptViews.LineOf(c.Case, taken[c.Case.Id].Count(), taken[c.Case.Id].Max())).ToList();
        List<string> specialties = [.. all.Select(c => c.Case.Specialty).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        await JsonReply.WriteAsync(context, new CaseList(lines, specialties), MedSimJson.Default.CaseList);
    }

    private async Task ReadAsync(HttpContext context)
    {
        var id = context.RouteText("case");
        var isPractice = context.QueryWord("mode", "practice", "osce") == "practice";
        var (read, _) = await host.Shelf.FindAsync(id, context.Caller.Owner, context.RequestAborted) ?? throw NoSuchCase(id);
        var taken = await TakenAsync(context);
        await JsonReply.WriteAsync(context, AttemptViews.ViewOf(read, taken[id].Count(), taken[id].Max(), isPractice), MedSimJson.Default.CaseView);
    }

    /// <summary>The caller's scores by case; null for an attempt without one.</summary>
    private async Task<ILookup<string, double?>> TakenAsync(HttpContext context) =>
        (await host.Desk.RowsAsync(new DocumentQuery(AttemptRow.Kind) { Owner = context.Caller.Owner, Limit = MaxAttempts }, context.RequestAborted)).ToLookup(r => r.Row.Case, r => r.Row.Score, StringComparer.Ordinal);

    private async Task ImportAsync(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = (long)ImportBodies * services.Settings.MaxBodyBytes;
        var file = CaseFile.Read("the file", await BodyAsync(context));
        if (file.Mistakes.Count > 0)
        {
            await RefuseAsync(context, file.Mistakes);
            return;
        }

        if (file.Cases.FirstOrDefault(c => CaseLibrary.Own.ContainsKey(c.Case.Id)).Case is { } taken)
        {
            throw new TroupeException(ErrorKind.Conflict, "case_exists", $"There is a case '{taken.Id}' in the program already. Give yours another name.") { Member = "case" };
        }

        // With a key or without: the same file again changes nothing.
        var states = await host.Shelf.ImportAsync(context.Caller.Owner, [.. file.Cases.Select(c => c.Case)], context.RequestAborted);
        List<ImportedCase> cases = [.. file.Cases.Zip(states, (c, state) => new ImportedCase(c.Case.Id, c.Case.Title, state, c.Unmapped, [.. c.Thin.Select(t => $"Line {t.Line}: {t.What}")]))];
        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonReply.WriteAsync(
            context, new CaseImport(file.Format, cases, cases.Count(c => c.Status == "new"), cases.Count(c => c.Status == "changed"), cases.Count(c => c.Status == "known")), MedSimJson.Default.CaseImport);
    }

    private static async Task<string> BodyAsync(HttpContext context)
    {
        if (context.Request.ContentType is { Length: > 0 } type && !Array.Exists(FileTypes, t => type.StartsWith(t, StringComparison.OrdinalIgnoreCase)))
        {
            throw new TroupeException(ErrorKind.Invalid, "media_type_unsupported", $"The body is '{(type.Length <= 80 ? type : type[..80])}'; send a file as {string.Join(", ", FileTypes)}.");
        }

        using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        try
        {
            var text = await reader.ReadToEndAsync(context.RequestAborted);
            TextRules.Check(text, "body");
            return text;
        }
        catch (DecoderFallbackException)
        {
            throw new TroupeException(ErrorKind.Invalid, "text_not_storable", "The file is not UTF-8. Save it as UTF-8 and send it again.");
        }
        catch (BadHttpRequestException failure) when (failure.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new TroupeException(ErrorKind.Invalid, "body_too_large", $"The file is larger than {context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize} bytes. Send it in parts.");
        }
    }

    private static Task RefuseAsync(HttpContext context, IReadOnlyList<FileMistake> mistakes)
    {
        const int status = StatusCodes.Status400BadRequest;
        context.Response.StatusCode = status;
        var problem = new CaseProblem(
            "about:blank", "Bad Request", status, $"The file has {mistakes.Count} mistakes; nothing was taken. The first: line {mistakes[0].Line}: {mistakes[0].What}", "case_invalid",
            [.. mistakes.Select(m => new CaseMistake(m.Line, m.Column, m.What))]);
        return JsonReply.WriteAsync(context, problem, MedSimJson.Default.CaseProblem, "application/problem+json");
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var id = context.RouteText("case");
        if (!await host.Shelf.DeleteAsync(context.Caller.Owner, id, context.RequestAborted))
        {
            throw NoSuchCase(id);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task CatalogueAsync(HttpContext context) => JsonReply.WriteAsync(context, Whole.Value, MedSimJson.Default.CatalogueView);

    /// <summary>What medicine knows and what any case has, so that nothing shows which case has what.</summary>
    private static readonly Lazy<CatalogueView> Whole = new(() => new CatalogueView(
        [
            .. Catalogue.All.Where(i => !i.IsTest).Select(i => new ExaminationLine(i.Name, i.Group, i.Synonyms)).Concat(CaseLibrary.Own.Values.SelectMany(c => c.Examination).Select(e => new ExaminationLine(e.Name, e.Region, [])))
                .DistinctBy(e => e.Name, StringComparer.OrdinalIgnoreCase).OrderBy(e => Array.IndexOf(CaseWords.Regions, e.Region)).ThenBy(e => e.Name, StringComparer.Ordinal),
        ],
        [
            .. Catalogue.All.Where(i => i.IsTest).Select(i => new TestLine(i.Name, i.Group, i.Synonyms)).Concat(CaseLibrary.Own.Values.SelectMany(c => c.Tests).Select(t => new TestLine(t.Name, t.Kind, [])))
                .DistinctBy(t => t.Name, StringComparer.OrdinalIgnoreCase).OrderBy(t => Array.IndexOf(CaseWords.Kinds, t.Kind)).ThenBy(t => t.Name, StringComparer.Ordinal),
        ]));

    private static TroupeException NoSuchCase(string id) => new(ErrorKind.NotFound, "case_not_found", $"There is no case '{(id.Length <= 80 ? id : TextRules.Mend(id[..80]))}'. See /api/v1/medsim/cases.");
}
