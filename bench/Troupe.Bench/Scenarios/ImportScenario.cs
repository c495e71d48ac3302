using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Troupe.Bench.Scenarios;

/// <summary>Conversations from elsewhere.</summary>
internal static class ImportScenario
{
    public const string Name = "Import";

    public const string Caption =
        "`troupe import` of one JSON-lines file with 5,000 conversations of 20 messages through a server that runs, from the start of the program to its end; then the same file " +
        "again, where everything is there already. The backup before the second run is part of it.";

    private const int Conversations = 5000;
    private const int Messages = 20;

    public static async Task<List<Row>> RunAsync()
    {
        var folder = Work.TempFolder();
        var source = Path.Combine(folder, "conversations.jsonl");
        await File.WriteAllLinesAsync(source, Enumerable.Range(0, Conversations).Select(Conversation));
        var data = Path.Combine(folder, "data");
        List<double> first, again;
        await using (await ChildServer.TroupeAsync(data))
        {
            first = [await ImportAsync(folder, data, source)];
            again = [await ImportAsync(folder, data, source)];
        }

        Directory.Delete(folder, recursive: true);
        return
        [
            Row.Of(Name, "new", "messages/s", first, "≥ 5,000", v => v >= 5000),
            Row.Of(Name, "the same again", "messages/s", again),
        ];
    }

    private static string Conversation(int number) => new JsonObject
    {
        ["title"] = $"Conversation {number}",
        ["messages"] = new JsonArray([.. Enumerable.Range(0, Messages).Select(n => (JsonNode)new JsonObject
        {
            ["role"] = n % 2 == 0 ? "user" : "assistant",
            ["content"] = $"{(n % 2 == 0 ? Work.Message : Work.Reply)} ({number}.{n})",
        })]),
    }.ToJsonString();

    private static async Task<double> ImportAsync(string folder, string data, string source)
    {
        var begun = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(Published.Troupe, ["import", source, "--data", data, "--summary", Path.Combine(folder, "summary.json"), "--json"])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var import = Process.Start(start)!;
        var output = import.StandardOutput.ReadToEndAsync();
        var errors = await import.StandardError.ReadToEndAsync();
        await output;
        await import.WaitForExitAsync();
        return import.ExitCode == 0
            ? Conversations * Messages / Stopwatch.GetElapsedTime(begun).TotalSeconds
            : throw new InvalidOperationException($"The import ended with {import.ExitCode}: {errors}");
    }
}
