using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.Yaml;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe medsim</c>: checks and imports cases.</summary>
internal static class MedSimCommand
{
    private const int MostShown = 200;

    public static Command Create(LinkOptions options) =>
        new("medsim", "Cases for MedSim: check them, import them.\n\nExample: troupe medsim check my-case.yaml") { Check(options), Import(options) };

    private static Command Check(LinkOptions options)
    {
        var paths = new Argument<string[]>("file") { Description = "Case files: YAML of ours, or lines of OSCE cases.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Say what is wrong with a case and what is thin, with the line. Without a server.\n\nExample: troupe medsim check my-case.yaml") { paths };
        command.SetAction((arguments, cancellationToken) => CommandRunner.RunAsync(async () =>
        {
            var (wrong, thin, cases) = (0, 0, 0);
            foreach (var path in arguments.GetValue(paths)!)
            {
                var file = CaseFile.Read(path, await ReadAsync(path, cancellationToken));
                Print(file.Mistakes, "wrong");
                Print([.. file.Cases.SelectMany(c => c.Thin)], "thin");
                foreach (var (read, unmapped, _) in file.Cases.Where(c => c.Unmapped.Count > 0))
                {
                    await Console.Out.WriteLineAsync(Output.Harmless($"{read.Id}: {string.Join(" ", unmapped)}"));
                }

                (wrong, thin, cases) = (wrong + file.Mistakes.Count, thin + file.Cases.Sum(c => c.Thin.Count), cases + file.Cases.Count);
            }

            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{cases} cases are good, {wrong} mistakes, {thin} places are thin."));
            return wrong > 0 ? ExitCodes.Refused : ExitCodes.Done;
        }));
        return command;
    }

    private static Command Import(LinkOptions options)
    {
        var path = new Argument<string>("file") { Description = "A case in YAML, or lines of OSCE cases." };
        var command = new Command("import", "Import cases: all of a file, or none. The same file again changes nothing.\n\nExample: troupe medsim import my-case.yaml") { path };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            using var content = new StringContent(await ReadAsync(arguments.GetValue(path)!, cancellationToken));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/medsim/cases/import") { Content = content };
            using var response = await link.AskAsync(request, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            var report = answer.Length > 0 && answer[0] == '{' ? JsonElement.Parse(answer) : default;
            if (!response.IsSuccessStatusCode)
            {
                throw new CommandFailure(ExitCodes.Refused, Reason(report, response));
            }

            if (arguments.GetValue(options.Json))
            {
                Output.Json(report);
                return;
            }

            foreach (var read in report.GetProperty("cases").EnumerateArray().Where(c => c.GetProperty("unmapped").GetArrayLength() > 0))
            {
                await Console.Out.WriteLineAsync(Output.Harmless($"{Output.TextOf(read, "id")}: {string.Join(" ", read.GetProperty("unmapped").EnumerateArray())}"));
            }

            await Console.Out.WriteLineAsync($"{report.GetProperty("new")} cases are new, {report.GetProperty("changed")} have changed, {report.GetProperty("known")} were there already.");
        });
        return command;
    }

    private static string Reason(JsonElement problem, HttpResponseMessage response)
    {
        if (problem.ValueKind != JsonValueKind.Object)
        {
            return $"The server answered {(int)response.StatusCode}.";
        }

        var mistakes = problem.TryGetProperty("mistakes", out var all)
            ? string.Concat(all.EnumerateArray().Take(MostShown).Select(m => $"\n  line {m.GetProperty("line")}: {Output.TextOf(m, "what")}")) : "";
        return Output.TextOf(problem, "detail") + mistakes;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Setup, $"'{path}' cannot be read: {failure.Message}");
        }
    }

    private static void Print(IReadOnlyList<FileMistake> places, string what)
    {
        foreach (var place in places.Take(MostShown))
        {
            Console.Out.WriteLine(Output.Harmless($"{what}: {place}"));
        }
    }
}
