using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Troupe.Cli.Link;

namespace Troupe.Cli.Import;

/// <summary>Takes an import back: deletes the sessions that it made and that nobody has used since.</summary>
internal static class ImportUndo
{
    private const int InFlight = 8;
    private const long MaxSummaryBytes = 1L << 30;

    /// <summary>Reads a summary, and of an import that did not come to its end what it was about to make.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    public static async Task<ImportSummary> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var summary = await ReadSummaryAsync(path, cancellationToken);
        var told = summary.Sessions.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        summary.Planned = [.. (await ImportJournal.ReadAsync(path, cancellationToken)).Where(s => told.Add(s.Id))];
        return summary;
    }

    public static async Task<UndoSummary> RunAsync(ServerLink link, ImportSummary import, CancellationToken cancellationToken)
    {
        var made = import.Sessions.Where(s => s.New).DistinctBy(s => s.Id, StringComparer.Ordinal).ToList();
        var told = made.Count;
        made.AddRange(import.Planned);
        var outcomes = new UndoOutcome[made.Count];
        await Parallel.ForAsync(0, made.Count, new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken }, async (i, token) =>
            outcomes[i] = await DeleteUnusedAsync(link, made[i], token));
        var undone = new UndoSummary([], [], []);
        for (var i = 0; i < made.Count; i++)
        {
            switch (outcomes[i])
            {
                case UndoOutcome.Deleted:
                    undone.Deleted.Add(made[i].Id);
                    break;
                case UndoOutcome.Gone when i >= told:
                    // What was only planned was perhaps never made.
                    break;
                case UndoOutcome.Gone:
                    undone.Gone.Add(made[i].Id);
                    break;
                default:
                    undone.Kept.Add(new KeptSession(made[i].Id, "It was used since. Delete it with 'troupe sessions delete' if you mean to."));
                    break;
            }
        }

        return undone;
    }

    private static async Task<ImportSummary> ReadSummaryAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(path);
            var summary = file.Length > MaxSummaryBytes ? null : await JsonSerializer.DeserializeAsync(file, ImportJson.Default.ImportSummary, cancellationToken);
            return summary is { TroupeImport: ImportSummary.Version }
                ? summary : throw new CommandFailure(ExitCodes.Setup, $"'{path}' is no summary of this version of Troupe. Use the one that wrote it.");
        }
        catch (JsonException)
        {
            throw new CommandFailure(ExitCodes.Setup, $"'{path}' is no summary of an import. Its name usually begins with '{ImportRun.SummaryPrefix}'.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Setup, $"'{path}' cannot be read: {failure.Message}");
        }
    }

    private static async Task<UndoOutcome> DeleteUnusedAsync(ServerLink link, SessionSummary session, CancellationToken cancellationToken)
    {
        var path = $"/api/v1/sessions/{Uri.EscapeDataString(session.Id)}";

        // The last line that was imported and what came after it: exactly one line when nobody used the session.
        using var read = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{path}?limit=2&after={session.Entries - 1}"));
        using var response = await link.AskAsync(read, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return UndoOutcome.Gone;
        }

        if (!response.IsSuccessStatusCode)
        {
            throw new CommandFailure(ExitCodes.Refused, await ServerLink.DetailOf(response, cancellationToken));
        }

        var view = await response.Content.ReadFromJsonAsync(JsonContext.Default.JsonElement, cancellationToken);
        if (view.GetProperty("entries").GetArrayLength() != 1)
        {
            return UndoOutcome.Used;
        }

        using var delete = new HttpRequestMessage(HttpMethod.Delete, path);
        using var deleted = await link.AskAsync(delete, cancellationToken);
        return deleted.IsSuccessStatusCode ? UndoOutcome.Deleted
            : deleted.StatusCode == HttpStatusCode.NotFound ? UndoOutcome.Gone
            : throw new CommandFailure(ExitCodes.Refused, await ServerLink.DetailOf(deleted, cancellationToken));
    }
}
