using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Troupe.Tests;

/// <summary>Keeps the plan of the house: who may depend on whom, and what things are called.</summary>
public sealed partial class HouseTests
{
    /// <summary>Lower floors first; a project uses only what stands before it.</summary>
    private static readonly Dictionary<string, string[]> Projects = new(StringComparer.Ordinal)
    {
        ["Troupe"] = [],
        ["Troupe.Models"] = ["Troupe"],
        ["Troupe.Sqlite"] = ["Troupe"],
        ["Troupe.Server"] = ["Troupe"],
        ["Troupe.Apps"] = ["Troupe.Server"],
        ["Troupe.Cli"] = ["Troupe.Apps", "Troupe.Models", "Troupe.Sqlite"],
    };

    /// <summary>What a folder of the runtime may use, beside itself and the root.</summary>
    private static readonly Dictionary<string, string[]> Rooms = new(StringComparer.Ordinal)
    {
        ["Telemetry"] = [],
        ["Storage"] = ["Telemetry"],
        ["Caching"] = ["Telemetry"],
        ["Chat"] = ["Caching", "Storage", "Telemetry"],
        ["Sessions"] = ["Storage", "Telemetry"],
        ["Tools"] = ["Caching", "Storage", "Telemetry"],
        ["Agents"] = ["Caching", "Chat", "Sessions", "Storage", "Telemetry", "Tools"],
        ["Specialists"] = ["Agents", "Chat"],
    };

    [Fact]
    public void Projects_depend_only_downwards()
    {
        var found = Directory.GetFiles(Path.Combine(House.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f)!, f => XDocument.Load(f).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)!).Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
        Assert.Equal(Projects.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        Assert.All(Projects, p => Assert.Equal(p.Value.Order(StringComparer.Ordinal), found[p.Key]));
    }

    [Fact]
    public void Rooms_of_the_runtime_depend_only_downwards()
    {
        var folder = Path.Combine(House.Root, "src", "Troupe");
        var rooms = Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj")).ToList();
        Assert.Equal(Rooms.Keys.Order(StringComparer.Ordinal), rooms.Order(StringComparer.Ordinal));
        Assert.All(rooms, room => Assert.All(Directory.GetFiles(Path.Combine(folder, room), "*.cs"), file =>
        {
            var text = File.ReadAllText(file);
            Assert.Contains($"namespace Troupe.{room};", text, StringComparison.Ordinal);
            var used = UsedRoom.Matches(text).Select(m => m.Groups["room"].Value).Where(r => rooms.Contains(r) && r != room);
            Assert.All(used, other => Assert.True(Rooms[room].Contains(other), $"{file} uses {other}"));
        }));
    }

    [Fact]
    public void Type_names_say_what_things_are()
    {
        string[] banned = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Impl", "Common", "Misc"];
        Assert.All(Sources(), file => Assert.All(TypeName.Matches(File.ReadAllText(file)), match =>
        {
            var name = match.Groups["name"].Value;
            Assert.True(!banned.Any(b => name.EndsWith(b, StringComparison.Ordinal)) && (name == "TroupeException" || !name.StartsWith("Troupe", StringComparison.Ordinal)), $"{name} in {file}");
        }));
    }

    [Fact]
    public void Files_hold_one_type_of_their_name_or_a_family()
    {
        Assert.All(Sources().Where(f => Path.GetFileName(f) is not "Program.cs"), file =>
        {
            var types = TopLevelType.Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value).ToList();
            var name = Path.GetFileNameWithoutExtension(file);
            Assert.True(types.Contains(name) || types.All(t => t.Length > 0) && name.EndsWith("Contracts", StringComparison.Ordinal), $"{file} holds {string.Join(", ", types)}");
        });
    }

    [Fact]
    public void Decision_numbers_are_unique_and_complete()
    {
        var numbers = Directory.GetFiles(Path.Combine(House.Root, "docs", "decisions"), "*.md")
            .Select(f => int.Parse(Path.GetFileName(f).AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
    }

    [Fact]
    public void Security_rules_are_on_and_suppressed_only_at_a_place_with_a_reason()
    {
        Assert.Equal("All", XDocument.Load(Path.Combine(House.Root, "Directory.Build.props")).Descendants("AnalysisModeSecurity").Single().Value);
        string[] folders = ["src", "tests", "bench"];
        var files = folders.SelectMany(f => Directory.GetFiles(Path.Combine(House.Root, f), "*", SearchOption.AllDirectories)).Where(f => !f.Contains("node_modules", StringComparison.Ordinal)).ToList();
        string[] settings = [Path.Combine(House.Root, ".editorconfig"), Path.Combine(House.Root, "Directory.Build.props"), .. files.Where(f => SettingsFile.IsMatch(f))];

        // The one exception: what tests and benchmarks draw by lot must be drawn the same again.
        foreach (var folder in new[] { "tests", "bench" })
        {
            var file = Path.Combine(House.Root, folder, ".editorconfig");
            Assert.Equal("dotnet_diagnostic.CA5394.severity = none", File.ReadLines(file).Single(line => SecurityRule.IsMatch(line)));
            settings = [.. settings.Where(f => f != file)];
        }

        Assert.All(settings, f => Assert.False(SecurityRule.IsMatch(File.ReadAllText(f)) || f.EndsWith("GlobalSuppressions.cs", StringComparison.Ordinal), f));
        Assert.All(files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal)), f => Assert.All(File.ReadLines(f), line =>
        {
            Assert.False(line.Contains("#pragma warning", StringComparison.Ordinal) && SecurityRule.IsMatch(line), $"{f}: {line}");
            Assert.True(!line.Contains("[SuppressMessage(\"Security\"", StringComparison.Ordinal) || Justified.IsMatch(line), $"{f}: {line}");
        }));
    }

    private static IEnumerable<string> Sources() => Directory.GetFiles(Path.Combine(House.Root, "src"), "*.cs", SearchOption.AllDirectories);

    /// <summary>The families of CA2100, CA23xx, CA3xxx and CA53xx to CA54xx.</summary>
    [GeneratedRegex(@"\bCA(2100|2119|2153|23\d\d|3\d{3}|5[34]\d\d)\b|analyzer_diagnostic", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SecurityRule { get; }

    [GeneratedRegex(@"(\.csproj|\.props|\.targets|\.editorconfig|\.globalconfig|\.ruleset|GlobalSuppressions\.cs)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SettingsFile { get; }

    [GeneratedRegex(@"Justification = ""[^""]{20,}""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Justified { get; }

    [GeneratedRegex(@"Troupe\.(?<room>[A-Z]\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UsedRoom { get; }

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(struct\s+)?(?<name>[A-Z]\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeName { get; }

    [GeneratedRegex(@"^(public|internal) ([a-z]+ )*(class|record|struct|interface|enum|delegate [\w<>]+) (?<name>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex TopLevelType { get; }
}
