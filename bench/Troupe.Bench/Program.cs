using System.Globalization;
using Troupe.Bench;
using Troupe.Bench.Scenarios;
using Troupe.Bench.Seeds;

if (args is ["bare", var answer])
{
    await BareHost.RunAsync(answer);
    return 0;
}

if (args is ["seed", var delay])
{
    await SeedAgentHost.RunAsync(TimeSpan.FromMilliseconds(double.Parse(delay, CultureInfo.InvariantCulture)));
    return 0;
}

if (args is ["paced"])
{
    await PacedProvider.RunAsync();
    return 0;
}

if (args is ["pooled", var pause])
{
    await SeedAgentHost.RunPooledAsync(TimeSpan.FromMilliseconds(double.Parse(pause, CultureInfo.InvariantCulture)));
    return 0;
}

if (args is ["drive", var url, var seconds])
{
    // For a look with a profiler: the load of the turns scenario on a server that runs.
    Console.WriteLine(await TurnsScenario.DriveAsync(url, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))));
    return 0;
}

(string Key, string Name, string Caption, Func<Task<List<Row>>> Run)[] scenarios =
[
    ("turns", TurnsScenario.Name, TurnsScenario.Caption, TurnsScenario.RunAsync),
    ("commits", CommitsScenario.Name, CommitsScenario.Caption, CommitsScenario.RunAsync),
    ("growth", GrowthScenario.Name, GrowthScenario.Caption, GrowthScenario.RunAsync),
    ("tools", ToolsScenario.Name, ToolsScenario.Caption, ToolsScenario.RunAsync),
    ("profiler", ProfilerScenario.Name, ProfilerScenario.Caption, ProfilerScenario.RunAsync),
    ("import", ImportScenario.Name, ImportScenario.Caption, ImportScenario.RunAsync),
    ("cachehit", CacheHitScenario.Name, CacheHitScenario.Caption, CacheHitScenario.RunAsync),
    ("hitratio", HitRatioScenario.Name, HitRatioScenario.Caption, HitRatioScenario.RunAsync),
    ("medsim", MedSimScenario.Name, MedSimScenario.Caption, MedSimScenario.RunAsync),
    ("faithfulness", FaithfulnessScenario.Name, FaithfulnessScenario.Caption, FaithfulnessScenario.RunAsync),
    ("lifecoach", LifeCoachScenario.Name, LifeCoachScenario.Caption, LifeCoachScenario.RunAsync),
    ("taurobot", TauroBotScenario.Name, TauroBotScenario.Caption, TauroBotScenario.RunAsync),
    ("mnemosine", MnemosineScenario.Name, MnemosineScenario.Caption, MnemosineScenario.RunAsync),
    ("coalescing", CoalescingScenario.Name, CoalescingScenario.Caption, CoalescingScenario.RunAsync),
    ("small", SmallThingsScenario.Name, SmallThingsScenario.Caption, SmallThingsScenario.RunAsync),
    ("streams", StreamsScenario.Name, StreamsScenario.Caption, StreamsScenario.RunAsync),
    ("page", PageScenario.Name, PageScenario.Caption, PageScenario.RunAsync),
    ("inflight", InFlightScenario.Name, InFlightScenario.Caption, InFlightScenario.RunAsync),
    ("footprint", FootprintScenario.Name, FootprintScenario.Caption, FootprintScenario.RunAsync),
];
var wanted = args is ["all"] ? scenarios : [.. scenarios.Where(s => args.Contains(s.Key) || (s.Key == "faithfulness" && args.Contains("medsim")))];
if (wanted.Length == 0)
{
    Console.Error.WriteLine($"Usage: Troupe.Bench all | {string.Join(" | ", scenarios.Select(s => s.Key))} ...");
    return 2;
}

var rows = new List<Row>();
foreach (var scenario in wanted)
{
    Console.WriteLine($"{scenario.Name} ...");
    foreach (var row in await scenario.Run())
    {
        rows.Add(row);
        Console.WriteLine($"  {row.Figure}: {row.Value:0.####} {row.Unit} ({row.Low:0.####} – {row.High:0.####}) {row.Mark} {(row.Met == false ? "MISSED" : "")}");
    }
}

Report.Write(Published.Root, rows, scenarios.ToDictionary(s => s.Name, s => s.Caption));
return 0;
