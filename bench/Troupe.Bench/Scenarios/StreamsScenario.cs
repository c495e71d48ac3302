using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Troupe.Bench.Scenarios;

/// <summary>What export and backup need of memory.</summary>
internal static class StreamsScenario
{
    public const string Name = "Export and backup";

    public const string Caption =
        "A server that was just started exports one session, as JSON and as markdown, and then backs up; the figure is how far its peak of resident memory rose over what it was before, " +
        "once with a session of 10,000 entries and once with one of 100,000 (31 MB of JSON). A garbage collector of its own mind is part of it.";

    private const int Small = 10_000;
    private const int Large = 100_000;
    private const int Runs = 5;
    private const double Mark = 32;

    public static async Task<List<Row>> RunAsync()
    {
        var folder = Work.TempFolder();
        var sessions = new Dictionary<int, string>();
        foreach (var count in (int[])[Small, Large])
        {
            sessions[count] = await FillAsync(Path.Combine(folder, count.ToString(CultureInfo.InvariantCulture)), count);
        }

        List<double> small = [], large = [], smallBackup = [], largeBackup = [];
        for (var run = 0; run < Runs; run++)
        {
            foreach (var (count, exported, saved) in new[] { (Small, small, smallBackup), (Large, large, largeBackup) })
            {
                await using var server = await ChildServer.TroupeAsync(Path.Combine(folder, count.ToString(CultureInfo.InvariantCulture)));
                using var client = ClientOf(server);

                // Both kinds once on nothing much, so that what is measured is the session and not the first use of the code.
                await ReadAsync(client, $"/api/v1/sessions/{await ImportAsync(client, 2)}/export");
                var before = server.PeakBytes;
                await ReadAsync(client, $"/api/v1/sessions/{sessions[count]}/export");
                await ReadAsync(client, $"/api/v1/sessions/{sessions[count]}/export?format=markdown");
                exported.Add((server.PeakBytes - before) / 1048576.0);
                before = server.PeakBytes;
                using var backup = await client.PostAsync("/api/v1/backups", null);
                backup.EnsureSuccessStatusCode();
                saved.Add((server.PeakBytes - before) / 1048576.0);
            }
        }

        Directory.Delete(folder, recursive: true);
        return
        [
            Row.Of(Name, "export of 10,000 entries", "MiB more", small),
            Row.Of(Name, "export of 100,000 entries", "MiB more", large, $"≤ {Mark}", v => v <= Mark),
            Row.Of(Name, "export, 100,000 against 10,000", "×", [.. large.Zip(small, (l, s) => l / s)], "≤ 2", v => v <= 2),
            Row.Of(Name, "backup of 10,000 entries", "MiB more", smallBackup),
            Row.Of(Name, "backup of 100,000 entries", "MiB more", largeBackup, $"≤ {Mark}", v => v <= Mark),
        ];
    }

    private static async Task<string> FillAsync(string data, int entries)
    {
        await using var server = await ChildServer.TroupeAsync(data, ("TROUPE_MAX_BODY", "16777216"));
        using var client = ClientOf(server);
        return await ImportAsync(client, entries);
    }

    private static HttpClient ClientOf(ChildServer server)
    {
        var client = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ChildServer.Token);
        return client;
    }

    /// <summary>Makes a session of so many entries.</summary>
    public static async Task<string> ImportAsync(HttpClient client, int entries)
    {
        var lines = Enumerable.Range(0, entries).Select(n => $$"""{"role":"{{(n % 2 == 0 ? "user" : "assistant")}}","text":"{{(n % 2 == 0 ? Work.Message : Work.Reply)}} ({{n}})"}""");
        using var content = new StringContent($$"""{"entries":[{{string.Join(',', lines)}}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/api/v1/sessions/import", content);
        response.EnsureSuccessStatusCode();
        using var made = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return made.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Reads an answer to its end as fast as it comes.</summary>
    private static async Task ReadAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
    }
}
