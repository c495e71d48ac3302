using System.Diagnostics;
using Troupe.Agents;
using Troupe.Bench.Seeds;
using Troupe.Storage;

namespace Troupe.Bench.Scenarios;

/// <summary>The table of TauroBot's write-up.</summary>
internal static class TauroBotScenario
{
    public const string Name = "TauroBot";

    public const string Caption =
        "One user with 100 messages, then 50 users with 100 each, to a model without delay. Before: the whole memory is saved at each message, twice (200 saves a 100 messages). Their after: saved " +
        "every 5 messages, and a save of 50 users took 1 ms instead of 50. Ours: an agent with `SaveEvery` 5, batched, over SQLite. The flush: what 50 users have waiting, saved at once, against one " +
        "commit of as many bytes made of one operation, in the same run.";

    private const int Messages = 100;
    private const int Users = 50;
    private const int Runs = 5;

    public static async Task<List<Row>> RunAsync()
    {
        List<double> before = [], after = [], one = [], many = [], flush = [], floor = [], over = [];
        for (var run = 0; run < Runs; run++)
        {
            var folder = Work.TempFolder();
            var files = new FileSessions(folder, TimeSpan.Zero);
            for (var n = 0; n < Messages; n++)
            {
                files.AnswerBlocking("user", Work.Message, Work.Reply);
            }

            before.Add(files.Writes);
            var batched = new FileSessions(folder, TimeSpan.Zero);
            for (var n = 1; n <= 2 * Messages; n++)
            {
                // An exchange is two messages of theirs, as in their 200 saves.
                if (n % 2 == 0)
                {
                    await batched.AnswerAsync("user", Work.Message, Work.Reply);
                }

                if (n % 5 == 0)
                {
                    batched.SaveChanged();
                }
            }

            after.Add(batched.Writes);
            Directory.Delete(folder, recursive: true);
            one.Add(await CommitsAsync(1));
            many.Add(await CommitsAsync(Users) / Users);
            var (all, single) = await FlushAsync();
            flush.Add(all);
            floor.Add(single);
            over.Add(all - single);
        }

        return
        [
            Row.Of(Name, "saves a 100 messages of one user, before", "", before),
            Row.Of(Name, "saves a 100 messages of one user, their after", "", after),
            Row.Of(Name, "commits a 100 messages of one user, ours", "", one, "≤ 40", v => v <= 40),
            Row.Of(Name, "commits a 100 messages of 50 users, ours", "", many, "≤ 10", v => v <= 10),
            Row.Of(Name, "flush of 50 users, ours", "ms", flush),
            Row.Of(Name, "one commit of the same bytes", "ms", floor),
            Row.Of(Name, "flush over that commit", "ms", over, "≤ 1", v => v <= 1),
        ];
    }

    private static AgentRuntime Runtime(string folder, int saveEvery, TimeSpan interval)
    {
        var runtime = Work.Runtime(folder, options: new AgentRuntimeOptions { Journal = new JournalOptions { SaveInterval = interval } });
        runtime.Agents.Put(new AgentDefinition { Name = "taurobot", Durability = Durability.Batched, SaveEvery = saveEvery });
        return runtime;
    }

    private static async Task<double> CommitsAsync(int users)
    {
        var folder = Work.TempFolder();
        double commits;
        await using (var runtime = Runtime(folder, saveEvery: 5, TimeSpan.FromSeconds(5)))
        {
            List<string> ids = [];
            for (var u = 0; u < users; u++)
            {
                ids.Add((await runtime.Sessions.CreateAsync("bench", "taurobot", Durability.Batched)).Record.Id);
            }

            var before = runtime.Journal.Statistics.Commits;
            await Task.WhenAll(ids.Select(id => Task.Run(async () =>
            {
                for (var n = 0; n < Messages / 2; n++)
                {
                    // A turn is two messages: the user's and the bot's.
                    await Work.TurnAsync(runtime, id);
                }
            })));
            await runtime.Journal.FlushAsync();
            commits = runtime.Journal.Statistics.Commits - before;
        }

        Directory.Delete(folder, recursive: true);
        return commits;
    }

    /// <summary>The flush of what 50 users have waiting, and one commit of as many bytes; milliseconds.</summary>
    private static async Task<(double Flush, double Single)> FlushAsync()
    {
        var folder = Work.TempFolder();
        double flush, single;
        await using (var runtime = Runtime(folder, saveEvery: 0, TimeSpan.FromHours(1)))
        {
            List<string> ids = [];
            for (var u = 0; u < Users; u++)
            {
                ids.Add((await runtime.Sessions.CreateAsync("bench", "taurobot", Durability.Batched)).Record.Id);
            }

            // Twice, so that the second flush is of sessions that are there, by code that has run.
            flush = 0;
            var bytes = 0L;
            for (var round = 0; round < 5; round++)
            {
                foreach (var id in ids)
                {
                    await Work.TurnAsync(runtime, id);
                }

                var before = runtime.Journal.Statistics.Bytes;
                var started = Stopwatch.GetTimestamp();
                await runtime.Journal.FlushAsync();
                flush = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                bytes = runtime.Journal.Statistics.Bytes - before;
            }

            var other = (await runtime.Sessions.CreateAsync("bench", "taurobot", Durability.Durable)).Record;
            single = double.MaxValue;
            for (var seq = 1; seq <= 5; seq++)
            {
                var entry = new Entry(seq, seq - 1, 0, EntryRole.Note, TimeProvider.System.GetUtcNow(), new string('x', (int)bytes));
                var started = Stopwatch.GetTimestamp();
                await runtime.Journal.WriteAsync(new StoreOperation.AppendEntries(other.Number, [entry]));
                single = Math.Min(single, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        Directory.Delete(folder, recursive: true);
        return (flush, single);
    }
}
