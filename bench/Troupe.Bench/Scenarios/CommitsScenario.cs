using Troupe.Storage;

namespace Troupe.Bench.Scenarios;

/// <summary>How often the disk is written.</summary>
internal static class CommitsScenario
{
    public const string Name = "Commits a message";

    public const string Caption =
        "In process, over SQLite. Durable: 64 sessions at once, each says 100 messages one after another. Batched: 5 sessions say 50 messages each to a " +
        "model that takes 100 ms, saved every 5 s and at the end. The before of MedSim is 2 writes a message, its after 0.2.";

    private const int Rounds = 5;

    public static async Task<List<Row>> RunAsync()
    {
        List<double> durable = [], batched = [];
        for (var round = 0; round < Rounds; round++)
        {
            durable.Add(await MeasureAsync(Durability.Durable, sessions: 64, messages: 100, TimeSpan.Zero));
            batched.Add(await MeasureAsync(Durability.Batched, sessions: 5, messages: 50, TimeSpan.FromMilliseconds(100)));
        }

        return
        [
            Row.Of(Name, "durable, 64 sessions", "commits/message", durable, "≤ 0.1", v => v <= 0.1),
            Row.Of(Name, "batched, 5 sessions", "commits/message", batched, "≤ 0.05", v => v <= 0.05),
        ];
    }

    private static async Task<double> MeasureAsync(Durability durability, int sessions, int messages, TimeSpan delay)
    {
        var folder = Work.TempFolder();
        long commits;
        await using (var runtime = Work.Runtime(folder, delay))
        {
            var ids = new List<string>();
            for (var i = 0; i < sessions; i++)
            {
                ids.Add((await runtime.Sessions.CreateAsync("bench", "assistant", durability)).Record.Id);
            }

            var before = runtime.Journal.Statistics.Commits;
            await Task.WhenAll(ids.Select(id => Task.Run(async () =>
            {
                for (var n = 0; n < messages; n++)
                {
                    await Work.TurnAsync(runtime, id);
                }
            })));
            await runtime.Journal.FlushAsync();

            // The mark that FlushAsync leaves is a commit of its own when nothing else is waiting.
            commits = runtime.Journal.Statistics.Commits - before;
        }

        Directory.Delete(folder, recursive: true);
        return (double)commits / (sessions * messages);
    }
}
