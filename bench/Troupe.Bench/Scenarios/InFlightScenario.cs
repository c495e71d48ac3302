namespace Troupe.Bench.Scenarios;

/// <summary>Many turns at once.</summary>
internal static class InFlightScenario
{
    public const string Name = "10,000 turns in flight";

    public const string Caption =
        "10,000 connections, begun evenly over 5 s, say a sentence each in a session of their own, to a model that takes 10 s; so all are in flight at once.";

    private const int Turns = 10_000;

    public static async Task<List<Row>> RunAsync()
    {
        var folder = Work.TempFolder();
        await using var troupe = await ChildServer.TroupeAsync(folder, ("TROUPE_FIXED_DELAY_MS", "10000"));
        var sessions = await Work.SessionsAsync(troupe.Url, Turns);
        var result = await LoadGenerator.BurstAsync(
            troupe.Url, Turns, TimeSpan.FromSeconds(5), i => LoadGenerator.Post($"/api/v1/sessions/{sessions[i]}/turns", $$"""{"message":"{{Work.Message}}"}""", ChildServer.Token));
        var peak = troupe.PeakBytes;
        Directory.Delete(folder, recursive: true);
        return
        [
            Row.Of(Name, "failures", "", [Turns - result.Answers], "0", v => v == 0),
            Row.Of(Name, "peak memory", "MiB", [peak / 1048576.0], "≤ 1,024", v => v <= 1024),
            Row.Of(Name, "added to the model's 10 s, p99", "ms", [(result.Microseconds.P99 / 1000) - 10_000]),
        ];
    }
}
