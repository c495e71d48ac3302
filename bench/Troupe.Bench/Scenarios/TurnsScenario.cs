namespace Troupe.Bench.Scenarios;

/// <summary>Durable turns over HTTP beside a bare web host.</summary>
internal static class TurnsScenario
{
    public const string Name = "Durable turns over HTTP";

    public const string Caption =
        "64 connections say a sentence to 256 sessions, a key on every request, the fixed model without delay. The load generator shares the cores. " +
        "The floor is Kestrel with one route that reads the body and answers as many bytes: no key, no JSON, no disk.";

    private const int Rounds = 5;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private static readonly string Body = $$"""{"message":"{{Work.Message}}"}""";

    public static async Task<LoadGenerator.Result> DriveAsync(string url, TimeSpan duration)
    {
        var requests = Requests(await Work.SessionsAsync(url, 256));
        return await LoadGenerator.RunAsync(url, 64, duration, (connection, n) => requests[(connection + (64 * n)) % requests.Length]);
    }

    public static async Task<List<Row>> RunAsync()
    {
        var folder = Work.TempFolder();
        List<double> turns = [], bare = [], ratios = [], p50 = [], p99 = [];
        long failures = 0;
        await using var troupe = await ChildServer.TroupeAsync(folder);
        var sessions = await Work.SessionsAsync(troupe.Url, 256);
        await using var floor = await ChildServer.BareAsync(new string('x', 380));
        var requests = Requests(sessions);
        var plain = LoadGenerator.Post("/", Body);
        for (var round = -1; round < Rounds; round++)
        {
            var ours = await LoadGenerator.RunAsync(troupe.Url, 64, Duration, (connection, n) => requests[(connection + (64 * n)) % requests.Length]);
            var theirs = await LoadGenerator.RunAsync(floor.Url, 64, Duration, (_, _) => plain);
            failures += ours.Failures + theirs.Failures;

            // The first round warms both up.
            if (round >= 0)
            {
                turns.Add(ours.PerSecond);
                bare.Add(theirs.PerSecond);
                ratios.Add(ours.PerSecond / theirs.PerSecond);
                p50.Add(ours.Microseconds.P50 / 1000);
                p99.Add(ours.Microseconds.P99 / 1000);
            }
        }

        Directory.Delete(folder, recursive: true);
        return
        [
            Row.Of(Name, "turns", "/s", turns, "≥ 4,000", v => v >= 4000),
            Row.Of(Name, "bare web host", "/s", bare),
            Row.Of(Name, "ratio", "", ratios, "≥ 0.15", v => v >= 0.15),
            Row.Of(Name, "latency p50", "ms", p50),
            Row.Of(Name, "latency p99", "ms", p99),
            Row.Of(Name, "failures", "", [failures], "0", v => v == 0),
        ];
    }

    private static byte[][] Requests(string[] sessions) =>
        [.. sessions.Select(id => LoadGenerator.Post($"/api/v1/sessions/{id}/turns", Body, ChildServer.Token))];
}
