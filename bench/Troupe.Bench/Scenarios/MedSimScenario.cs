using System.Diagnostics;
using Troupe.Agents;
using Troupe.Bench.Seeds;
using Troupe.Storage;
using Troupe.Telemetry;

namespace Troupe.Bench.Scenarios;

/// <summary>The table of MedSim's write-up.</summary>
internal static class MedSimScenario
{
    public const string Name = "MedSim";

    public const string Caption =
        "5 students at once, 100 messages each, to a model that takes 20 ms (theirs took about a second; what counts is what is added to it). Before: each message saves the whole session to its " +
        "file, twice, with a blocking call, one request at a time; capped at 20 messages a student. Their after: sessions in memory, calls without a thread, changed files saved whole every " +
        "interval. Ours: turns in process over SQLite, batched. The interval of both is 5 s scaled by 20 ms / 1 s to 0.1 s, so that as many messages fall into one as there. Their table: 2.5 s → 1.2 s, 2 → 0.2 writes a message.";

    private const int Sessions = 5;
    private const int Messages = 100;
    private const int CappedMessages = 20;
    private const int Runs = 5;
    private static readonly TimeSpan Model = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static async Task<List<Row>> RunAsync()
    {
        Dictionary<string, List<double>> figures = new(StringComparer.Ordinal);
        for (var run = 0; run < Runs; run++)
        {
            await BeforeAsync(figures);
            await AfterAsync(figures);
            await OursAsync(figures);
        }

        return
        [
            Row.Of(Name, "response, before", "ms", figures["before response"]),
            Row.Of(Name, "response, their after", "ms", figures["after response"]),
            Row.Of(Name, "response, ours", "ms", figures["ours response"]),
            Row.Of(Name, "over the model's own time, before, p50", "ms", figures["before p50"]),
            Row.Of(Name, "over the model's own time, their after, p50", "ms", figures["after p50"]),
            Row.Of(Name, "over the model's own time, ours, p50", "ms", figures["ours p50"], "≤ 2", v => v <= 2),
            Row.Of(Name, "over the model's own time, ours, p99", "ms", figures["ours p99"], "≤ 10", v => v <= 10),
            Row.Of(Name, "writes a message, before", "", figures["before writes"]),
            Row.Of(Name, "writes a message, their after", "", figures["after writes"]),
            Row.Of(Name, "commits a message, ours", "", figures["ours writes"], "≤ 0.05", v => v <= 0.05),
            Row.Of(Name, "memory of a session of 200 entries, ours", "KiB", figures["ours memory"]),
        ];
    }

    private static async Task BeforeAsync(Dictionary<string, List<double>> figures)
    {
        var folder = Work.TempFolder();
        var sessions = new FileSessions(folder, Model);
        var (over, response) = (new Histogram(), new Histogram());
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(s => Task.Factory.StartNew(
            () =>
            {
                for (var n = 0; n < CappedMessages; n++)
                {
                    var started = Stopwatch.GetTimestamp();
                    over.Record(sessions.AnswerBlocking($"s{s}", Work.Message, Work.Reply));
                    response.Record(Stopwatch.GetElapsedTime(started));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Add(figures, "before", over, response, (double)sessions.Writes / (Sessions * CappedMessages));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task AfterAsync(Dictionary<string, List<double>> figures)
    {
        var folder = Work.TempFolder();
        var sessions = new FileSessions(folder, Model);
        using var end = new CancellationTokenSource();
        var saving = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await Task.Delay(Interval);
                sessions.SaveChanged();
            }
        });
        var (over, response) = (new Histogram(), new Histogram());
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(s => Task.Run(async () =>
        {
            for (var n = 0; n < Messages; n++)
            {
                var started = Stopwatch.GetTimestamp();
                over.Record(await sessions.AnswerAsync($"s{s}", Work.Message, Work.Reply));
                response.Record(Stopwatch.GetElapsedTime(started));
            }
        })));
        await end.CancelAsync();
        await saving;
        Add(figures, "after", over, response, (double)sessions.Writes / (Sessions * Messages));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task OursAsync(Dictionary<string, List<double>> figures)
    {
        var folder = Work.TempFolder();
        using var model = new TimedChatClient(Model);
        await using (var runtime = Work.Runtime(folder, options: new() { Journal = new JournalOptions { SaveInterval = Interval } }))
        {
            runtime.Models.Add("timed", model);
            runtime.Agents.Put(new AgentDefinition { Name = "patient", Model = "timed", Instructions = "You are a patient." });
            List<string> ids = [];
            for (var s = 0; s < Sessions; s++)
            {
                ids.Add((await runtime.Sessions.CreateAsync("bench", "patient", Durability.Batched)).Record.Id);
            }

            var before = runtime.Journal.Statistics.Commits;
            var (over, response) = (new Histogram(), new Histogram());
            await Task.WhenAll(ids.Select(id => Task.Run(async () =>
            {
                for (var n = 0; n < Messages; n++)
                {
                    var started = Stopwatch.GetTimestamp();
                    await Work.TurnAsync(runtime, id);
                    var all = Stopwatch.GetElapsedTime(started);
                    response.Record(all);
                    over.Record(all - model.LastOf(id));
                }
            })));
            await runtime.Journal.FlushAsync();
            Add(figures, "ours p50", over.Summarize().P50 / 1000);
            Add(figures, "ours p99", over.Summarize().P99 / 1000);
            Add(figures, "ours response", response.Summarize().Average / 1000);
            Add(figures, "ours writes", (double)(runtime.Journal.Statistics.Commits - before) / (Sessions * Messages));
            Add(figures, "ours memory", runtime.Sessions.Statistics.Bytes / 1024.0 / Sessions);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static void Add(Dictionary<string, List<double>> figures, string who, Histogram over, Histogram response, double writes)
    {
        Add(figures, $"{who} p50", over.Summarize().P50 / 1000);
        Add(figures, $"{who} response", response.Summarize().Average / 1000);
        Add(figures, $"{who} writes", writes);
    }

    private static void Add(Dictionary<string, List<double>> figures, string figure, double value)
    {
        if (!figures.TryGetValue(figure, out var values))
        {
            figures[figure] = values = [];
        }

        values.Add(value);
    }
}
