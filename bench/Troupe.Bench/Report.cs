using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Troupe.Bench;

/// <summary>The rows in <c>docs/benchmarks.json</c>, merged by scenario, and the page made of them.</summary>
internal static partial class Report
{
    public static void Write(string root, IReadOnlyList<Row> measured, IReadOnlyDictionary<string, string> captions)
    {
        var json = Path.Combine(root, "docs", "benchmarks.json");
        List<Row> kept = File.Exists(json) ? JsonSerializer.Deserialize(File.ReadAllText(json), RowsJson.Default.ListRow)! : [];
        var scenarios = measured.Select(r => r.Scenario).ToHashSet(StringComparer.Ordinal);
        List<Row> rows = [.. kept.Where(r => !scenarios.Contains(r.Scenario) && captions.ContainsKey(r.Scenario)), .. measured];
        rows = [.. captions.Keys.SelectMany(name => rows.Where(r => r.Scenario == name))];
        File.WriteAllText(json, JsonSerializer.Serialize(rows, RowsJson.Default.ListRow) + "\n");
        File.WriteAllText(Path.Combine(root, "docs", "benchmarks.md"), Page(rows, captions, DrawAll(root, rows)));
    }

    /// <summary>A plot for each scenario and unit that compares something; the pictures of scenarios that are no more go.</summary>
    private static ILookup<string, string> DrawAll(string root, List<Row> rows)
    {
        var folder = Path.Combine(root, "docs", "plots");
        Directory.CreateDirectory(folder);
        foreach (var old in Directory.GetFiles(folder, "*.svg"))
        {
            File.Delete(old);
        }

        List<(string Scenario, string File)> drawn = [];
        foreach (var scenario in rows.GroupBy(r => r.Scenario, StringComparer.Ordinal))
        {
            foreach (var unit in scenario.GroupBy(r => r.Unit, StringComparer.Ordinal))
            {
                var name = string.Concat($"{scenario.Key} {unit.Key.Replace("%", "percent", StringComparison.Ordinal)}".ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
                if (Plot.Draw(scenario.Key, [.. unit]) is { } svg)
                {
                    File.WriteAllText(Path.Combine(folder, name + ".svg"), svg);
                    drawn.Add((scenario.Key, $"plots/{name}.svg"));
                }
            }
        }

        return drawn.ToLookup(d => d.Scenario, d => d.File, StringComparer.Ordinal);
    }

    private static string Page(List<Row> rows, IReadOnlyDictionary<string, string> captions, ILookup<string, string> plots)
    {
        var page = new StringBuilder();
        page.AppendLine("# Benchmarks").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"Measured by `dotnet run -c Release --project bench/Troupe.Bench -- all` on {Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture}), {RuntimeInformation.FrameworkDescription}.");
        page.AppendLine("Runs are interleaved; a figure is the median, with the least and the most beside it. Machines are shared and noisy:");
        page.AppendLine("ratios repeat better than times. The same rows are in `benchmarks.json`.");
        foreach (var (scenario, caption) in captions)
        {
            var own = rows.Where(r => r.Scenario == scenario).ToList();
            if (own.Count == 0)
            {
                continue;
            }

            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {scenario}").AppendLine();
            page.AppendLine(caption).AppendLine();
            page.AppendLine("| figure | value | spread | mark | |").AppendLine("|---|---|---|---|---|");
            foreach (var row in own)
            {
                page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Figure} | {Text(row.Value)} {row.Unit} | {Text(row.Low)} – {Text(row.High)} | {row.Mark} | {(row.Met is { } met ? met ? "met" : "**missed**" : "")} |");
            }

            foreach (var plot in plots[scenario])
            {
                page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![{scenario}]({plot})");
            }
        }

        return page.ToString();
    }

    /// <summary>A number with as many digits as matter.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 0.1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    [JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(List<Row>))]
    private sealed partial class RowsJson : JsonSerializerContext;
}
