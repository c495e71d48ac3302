using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Troupe.Cli.Import;
using Troupe.Cli.Link;
using Troupe.Server.Import;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe import</c>: takes conversations from other systems, and takes an import back.</summary>
internal static class ImportCommand
{
    private const int MaxLines = 50;

    public static Command Create(LinkOptions options)
    {
        var paths = new Argument<string[]>("path") { Description = "Files, or folders with .json, .jsonl and .ndjson files.", Arity = ArgumentArity.ZeroOrMore };
        var agent = new Option<string?>("--agent") { Description = "The agent that goes on with the sessions; an export's own, else the usual one, unless given." };
        var format = new Option<string>("--format") { Description = "What the files are; else their content tells.", DefaultValueFactory = _ => "auto" };
        format.AcceptOnlyFromAmong(FormatDetector.Names);
        var dryRun = new Option<bool>("--dry-run") { Description = "Read the files and say what they hold, without a server." };
        var summary = new Option<string?>("--summary") { Description = $"Where the summary goes; else ./{ImportRun.SummaryPrefix}(time).json." };
        var undo = new Option<string?>("--undo") { Description = "The summary of an import: delete the sessions that it made and that nobody used since." };
        var command = new Command(
            "import",
            "Take conversations from OpenAI messages, JSON lines, ChatGPT, MedSim and TauroBot files, and exports. The same again adds nothing.\n\nExample: troupe import conversations.json")
        {
            paths, agent, format, dryRun, summary, undo,
        };
        command.SetAction((arguments, cancellationToken) => CommandRunner.RunAsync(async () =>
        {
            var json = arguments.GetValue(options.Json);
            if (arguments.GetValue(undo) is { } former)
            {
                return arguments.GetValue(paths) is { Length: > 0 }
                    ? throw new CommandFailure(ExitCodes.Setup, "--undo takes a summary and nothing else. Leave out the files.")
                    : await UndoAsync(former, json, arguments, options, cancellationToken);
            }

            if (arguments.GetValue(paths) is not { Length: > 0 } given)
            {
                throw new CommandFailure(ExitCodes.Setup, "Name files or folders to import. Example: troupe import conversations.json");
            }

            using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Interrupt(signal, interrupt));
            using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Interrupt(signal, interrupt));
            var unread = new List<FileSummary>();
            var files = ImportFiles.Find(given, unread);
            var (result, path) = arguments.GetValue(dryRun) || files.Count == 0
                ? await RunAsync(null)
                : await WithServerAsync();
            Print(result, path, json);
            return result.Interrupted ? ExitCodes.Interrupted
                : result.Files.Sum(f => f.Conversations) == 0 ? ExitCodes.Setup
                : result.Refused > 0 ? ExitCodes.Refused
                : ExitCodes.Done;

            Task<(ImportSummary Summary, string? Path)> RunAsync(ServerLink? link) =>
                new ImportRun(link, arguments.GetValue(format)!, arguments.GetValue(agent), TimeProvider.System).RunAsync(files, unread, arguments.GetValue(summary), interrupt.Token);

            async Task<(ImportSummary Summary, string? Path)> WithServerAsync()
            {
                await using var link = await ServerLink.OpenAsync(arguments, options, cancellationToken);
                return await RunAsync(link);
            }
        }));
        return command;
    }

    private static async Task<int> UndoAsync(string path, bool json, ParseResult arguments, LinkOptions options, CancellationToken cancellationToken)
    {
        var import = await ImportUndo.ReadAsync(path, cancellationToken);
        await using var link = await ServerLink.OpenAsync(arguments, options, cancellationToken);
        var undone = await ImportUndo.RunAsync(link, import, cancellationToken);
        if (json)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(undone, ImportJson.Default.UndoSummary));
        }
        else
        {
            foreach (var kept in undone.Kept)
            {
                await Console.Error.WriteLineAsync($"troupe: The session {Output.Harmless(kept.Id)} is kept. {kept.Reason}");
            }

            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{undone.Deleted.Count} sessions are deleted, {undone.Gone.Count} were gone already, {undone.Kept.Count} are kept because they were used."));
        }

        return undone.Kept.Count > 0 ? ExitCodes.Refused : ExitCodes.Done;
    }

    private static void Interrupt(PosixSignalContext signal, CancellationTokenSource interrupt)
    {
        // The first signal lets what is under way end and the summary be written; a second one ends the process.
        signal.Cancel = !interrupt.IsCancellationRequested;
        interrupt.Cancel();
    }

    private static void Print(ImportSummary summary, string? path, bool json)
    {
        var refused = summary.Files.SelectMany(f => f.Refused.Select(r => $"'{f.Path}', {r.Where}: {r.Reason}")).ToList();
        foreach (var line in refused.Take(MaxLines))
        {
            Console.Error.WriteLine($"troupe: {Output.Harmless(line.ReplaceLineEndings(" "))}");
        }

        if (refused.Count > MaxLines)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"troupe: {refused.Count - MaxLines} more places are left out; {(path is null ? "--json tells" : "the summary names")} them all."));
        }

        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(summary, ImportJson.Default.ImportSummary));
            return;
        }

        var conversations = summary.Files.Sum(f => f.Conversations);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{conversations} conversations with {summary.Files.Sum(f => f.Entries)} lines in {summary.Files.Count} files; {refused.Count} places refused."));
        if (path is null)
        {
            Console.Out.WriteLine("Nothing was changed.");
            return;
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.New} sessions are new, {summary.Existing} were there already."));
        Console.Out.WriteLine(summary.Backup is { } backup ? $"Backup before: {Output.Harmless(backup)}" : summary.BackupNote);
        Console.Out.WriteLine($"Summary: {path}{(summary.Interrupted ? ". The import was interrupted; the same command completes it." : "")}");
        if (summary.New > 0)
        {
            Console.Out.WriteLine($"To take it back: troupe import --undo {path}");
        }
    }
}
