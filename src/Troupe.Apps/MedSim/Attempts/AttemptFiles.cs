using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>Attempts as files: tables and a page to print.</summary>
internal static class AttemptFiles
{
    private const string Style =
        "body{font:11pt/1.4 Georgia,serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111;background:#fff}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.6em;border-bottom:1px solid #999}table{border-collapse:collapse;width:100%}"
        + "th,td{text-align:left;vertical-align:top;padding:.2em .5em;border-bottom:1px solid #ddd}td.n{text-align:right;white-space:nowrap}.t{color:#060;font-size:.85em}@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}";

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static string Csv(IEnumerable<AttemptLine> lines) => Table(
        ["id", "case", "title", "specialty", "difficulty", "mode", "state", "started_at", "finished_at", "score", "case_minutes", "cost"],
        lines.Select(l => new object?[] { l.Id, l.Case, l.Title, l.Specialty, l.Difficulty, l.Mode, l.State, l.StartedAt, l.FinishedAt, l.Score, l.CaseMinutes, l.Cost }));

    /// <summary>The items of the score, or, before the end, what happened.</summary>
    public static string Csv(AttemptExport export) => export.Debrief is { } debrief
        ? Table(
            ["attempt", "case", "area", "item", "text", "weight", "critical", "kind", "done", "seq", "minute", "points", "of"],
            debrief.Items.Select(i => new object?[] { export.Attempt.Id, export.Attempt.Case, i.Area, i.Id, i.Text, i.Weight, i.Critical, i.Kind, i.Done, i.Seq, i.Minute, i.Points, i.Of }))
        : Table(
            ["attempt", "case", "seq", "minute", "kind", "name", "status", "text"],
            export.Events.Select(e => new object?[] { export.Attempt.Id, export.Attempt.Case, e.Seq, e.Minute, e.Kind, e.Name, e.Status, e.Text }));

    public static Task WriteAsync(HttpContext context, string text, string type)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    public static Task WritePageAsync(HttpContext context, AttemptExport export)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return WriteAsync(context, Page(export), "text/html; charset=utf-8");
    }

    private static string Page(AttemptExport export)
    {
        var line = export.Attempt;
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(line.Title)}</title><style>{Style}</style></head><body>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(line.Title)}</h1><p>{(line.Specialty.Length > 0 ? $"{Text(line.Specialty)}, " : "")}{Text(line.Mode)}, begun {line.StartedAt:yyyy-MM-dd HH:mm} UTC, {Text(line.State)}.");
        page.Append(line.CaseMinutes is null ? "</p>" : string.Create(CultureInfo.InvariantCulture, $" {line.CaseMinutes} minutes, cost {line.Cost}.</p>"));
        if (export.Debrief is { } debrief)
        {
            Score(page, debrief);
        }

        page.Append("<h2>What happened</h2><table><thead><tr><th>Minute</th><th>Who or what</th><th></th></tr></thead><tbody>");
        foreach (var happened in export.Debrief?.Transcript ?? export.Events)
        {
            var ticks = happened.Ticks is { Count: > 0 } ? $" <span class=\"t\">✓ {Text(string.Join(", ", happened.Ticks))}</span>" : "";
            page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{happened.Minute}</td><td>{Text(happened.Kind)}</td><td>{Text(string.Join(": ", new[] { happened.Name, happened.Text }.Where(t => t is { Length: > 0 })))}{ticks}</td></tr>");
        }

        page.Append("</tbody></table>");
        if (export.Debrief is { } end)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>What an expert would have done</h2><p>{Text(end.Expert)}</p>");
            List(page, "To take away", end.Teaching);
            List(page, "References", end.References);
        }

        return page.Append("</body></html>").ToString();
    }

    private static void Score(StringBuilder page, Debrief debrief)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{debrief.Total} of 100 points</h2><p>The diagnosis was {Text(debrief.Diagnosis.Name)}; yours: {Text(debrief.Diagnosis.Given ?? "none")} ({Text(debrief.Diagnosis.Credit)}).</p><table><tbody>");
        foreach (var area in debrief.Areas.Where(a => a.Weight > 0))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(area.Area)}</td><td class=\"n\">{area.Points} of {area.Weight}</td></tr>");
        }

        page.Append("</tbody></table>");
        List(page, "Critical omissions", debrief.Omissions);
        List(page, "Harmful", debrief.Harmful);
        page.Append("<h2>Items</h2><table><tbody>");
        foreach (var item in debrief.Items)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{(item.Done ? "✓" : "–")}</td><td>{Text(item.Text)}</td><td>{Text(item.Area)}</td><td class=\"n\">{item.Minute}</td></tr>");
        }

        page.Append("</tbody></table>");
    }

    private static void List(StringBuilder page, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2><ul>{string.Concat(lines.Select(l => $"<li>{Text(l)}</li>"))}</ul>");
        }
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Table(string[] head, IEnumerable<object?[]> rows) =>
        string.Concat(rows.Prepend(head).Select(row => string.Join(',', row.Select(Cell)) + "\r\n"));

    /// <summary>A cell that no spreadsheet takes for a formula.</summary>
    private static string Cell(object? value)
    {
        var text = value switch
        {
            null => "",
            bool flag => flag ? "true" : "false",
            DateTimeOffset at => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };
        if (value is string && text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..])
        {
            text = "'" + text;
        }

        return text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
