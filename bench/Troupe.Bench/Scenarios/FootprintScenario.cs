using System.Diagnostics;
using System.Net.Http.Json;

namespace Troupe.Bench.Scenarios;

/// <summary>Start, memory and size.</summary>
internal static class FootprintScenario
{
    public const string Name = "Footprint";

    public const string Caption =
        "The published program, framework-dependent and compiled ahead. Start: from the launch of the process to its first answer, beside the bare web host, " +
        "both launched in turn; the store exists already. Memory: 1,000 sessions of 20 entries, made through the API and loaded.";

    private const int Rounds = 7;

    public static async Task<List<Row>> RunAsync()
    {
        List<double> ours = [], bare = [], ratios = [];
        var folder = Work.TempFolder();
        for (var round = -1; round < Rounds; round++)
        {
            var a = await StartAsync(() => ChildServer.TroupeAsync(folder), "/api/v1/agent/prompt");
            var b = await StartAsync(() => ChildServer.BareAsync(new string('x', 380)), "/");
            if (round >= 0)
            {
                ours.Add(a);
                bare.Add(b);
                ratios.Add(a / b);
            }
        }

        var memory = await MemoryAsync(folder);
        Directory.Delete(folder, recursive: true);
        var size = Directory.GetFiles(Published.TroupeFolder, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) / 1e6;
        return
        [
            Row.Of(Name, "start to first answer", "ms", ours),
            Row.Of(Name, "bare web host", "ms", bare),
            Row.Of(Name, "ratio", "×", ratios, "≤ 3", v => v <= 3),
            Row.Of(Name, "memory with 1,000 sessions of 20 entries", "MB", [memory], "≤ 150", v => v <= 150),
            Row.Of(Name, "published folder", "MB", [size], "≤ 40", v => v <= 40),
        ];
    }

    private static async Task<double> StartAsync(Func<Task<ChildServer>> start, string path)
    {
        var begun = Stopwatch.GetTimestamp();
        await using var server = await start();
        using var client = Work.Client(server.Url);
        var response = await client.PostAsJsonAsync(path, new { message = Work.Message });
        response.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static async Task<double> MemoryAsync(string folder)
    {
        await using var troupe = await ChildServer.TroupeAsync(folder);
        var sessions = await Work.SessionsAsync(troupe.Url, 1000);
        using var client = Work.Client(troupe.Url);
        await Parallel.ForEachAsync(sessions, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (id, token) =>
        {
            for (var n = 0; n < 10; n++)
            {
                (await client.PostAsJsonAsync($"/api/v1/sessions/{id}/turns", new { message = Work.Message }, token)).EnsureSuccessStatusCode();
            }
        });
        return troupe.ResidentBytes / 1e6;
    }
}
