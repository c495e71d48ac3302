using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Troupe.Tests;

/// <summary>What can be said of the packages without asking anyone; ./audit asks for advisories.</summary>
public sealed partial class DependencyTests
{
    /// <summary>Packages that must not come back, not even along with others.</summary>
    private static readonly Dictionary<string, string> Banned = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SQLitePCLRaw.lib.e_sqlite3"] = "a SQLite of 2021; the system's is used, which the system patches",
        ["SQLitePCLRaw.bundle_e_sqlite3"] = "brings SQLitePCLRaw.lib.e_sqlite3",
        ["SQLitePCLRaw.bundle_green"] = "brings SQLitePCLRaw.lib.e_sqlite3",
        ["Microsoft.Data.Sqlite"] = "brings SQLitePCLRaw.lib.e_sqlite3; Microsoft.Data.Sqlite.Core does not",
        ["Newtonsoft.Json"] = "makes types that a document names, and recurses without end in old versions; System.Text.Json is here",
        ["System.Text.Encodings.Web"] = "the framework's is used; old packages of it run foreign code",
        ["System.Net.Http"] = "the framework's is used; old packages of it send credentials along redirects",
        ["System.Text.RegularExpressions"] = "the framework's is used; old packages of it can be kept busy without end",
        ["System.Drawing.Common"] = "old packages of it run foreign code, and nothing here draws",
    };

    /// <summary>Of what is given to people, and further ones of what only builds and tests.</summary>
    private static readonly string[] ShippedLicenses = ["MIT", "ISC"];

    private static readonly string[] NpmLicenses =
    [
        .. ShippedLicenses, "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "MIT-0", "BlueOak-1.0.0", "MPL-2.0", "CC-BY-4.0", "Python-2.0", "(MIT AND Zlib)", "(MIT OR GPL-3.0-or-later)",
        "(MIT OR CC0-1.0)",
    ];

    [Fact]
    public void Every_version_is_central_exact_and_used()
    {
        var versions = CentralVersions();
        Assert.All(versions, v => Assert.True(ExactVersion.IsMatch(v.Value), $"{v.Key} {v.Value}"));
        var references = Directory.GetFiles(House.Root, "*.csproj", SearchOption.AllDirectories).Append(Path.Combine(House.Root, "Directory.Build.props"))
            .SelectMany(f => XDocument.Load(f).Descendants("PackageReference")).ToList();
        Assert.All(references, r => Assert.True(r.Attribute("Version") is null && r.Attribute("VersionOverride") is null, r.ToString()));
        Assert.Equal(versions.Keys.Order(StringComparer.Ordinal), references.Select(r => (string)r.Attribute("Include")!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_package_is_named_in_the_decision_with_its_license_and_what_it_is_for()
    {
        var rows = PackageRow.Matches(File.ReadAllText(Path.Combine(House.Root, "docs", "decisions", "0005-libraries.md")))
            .ToDictionary(m => m.Groups["name"].Value, m => (License: m.Groups["license"].Value, For: m.Groups["for"].Value), StringComparer.Ordinal);
        var locked = LockedPackages().DistinctBy(p => p.Name, StringComparer.Ordinal).ToList();

        Assert.Equal(locked.Select(p => p.Name).Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.True(row.Value.For.Length > 3, row.Key));
        Assert.All(locked, p => Assert.Equal((p.Name, rows[p.Name].License), (p.Name, LicenseOf(p))));
    }

    [Fact]
    public void Every_project_has_a_lock_file_and_all_agree_on_versions_and_hashes()
    {
        var versions = CentralVersions();
        var projects = Directory.GetFiles(House.Root, "*.csproj", SearchOption.AllDirectories);
        Assert.All(projects, p => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(p)!, "packages.lock.json")), p));
        Assert.All(LockedPackages().GroupBy(p => p.Name, StringComparer.Ordinal), package =>
        {
            var (name, version, hash, isOurs) = Assert.Single(package.Select(p => p with { IsOurs = versions.ContainsKey(p.Name) }).Distinct());
            Assert.Equal(64, Convert.FromBase64String(hash).Length);
            Assert.True(!isOurs || versions[name] == version, $"{name} is locked to {version}");
        });
    }

    [Fact]
    public void No_banned_package_is_used() =>
        Assert.All(LockedPackages().Select(p => p.Name).Concat(CentralVersions().Keys), name => Assert.False(Banned.ContainsKey(name), $"{name}: {Banned.GetValueOrDefault(name)}"));

    /// <summary>Their hashes are of what the registry gives, so that nobody between can give something else.</summary>
    [Theory]
    [InlineData("tests/clients")]
    [InlineData("web")]
    [InlineData("web/contract")]
    public void Packages_of_npm_are_exact_hashed_licensed_and_run_nothing_when_installed(string place)
    {
        var folder = Path.Combine(House.Root, place);
        using var wanted = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "package.json")));
        Assert.All(Direct(wanted), d => Assert.True(ExactVersion.IsMatch(d.Value.GetString()!), d.ToString()));
        Assert.False(wanted.RootElement.TryGetProperty("scripts", out var scripts) && scripts.EnumerateObject().Any(s => s.Name.Contains("install", StringComparison.Ordinal)));

        using var locked = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "package-lock.json")));
        var packages = locked.RootElement.GetProperty("packages").EnumerateObject().Where(p => p.Name.Length > 0).ToList();
        Assert.NotEmpty(packages);
        Assert.All(packages, package =>
        {
            Assert.StartsWith("sha512-", Member(package, "integrity"), StringComparison.Ordinal);
            Assert.StartsWith("https://registry.npmjs.org/", Member(package, "resolved") ?? "https://registry.npmjs.org/", StringComparison.Ordinal);
            Assert.True(!package.Value.TryGetProperty("hasInstallScript", out var script) || !script.GetBoolean(), $"{package.Name} runs a script when it is installed");

            // MCP's reference server names a file that it does not bring. It runs in tests and is given to nobody.
            var isShipped = place == "web" && !package.Value.TryGetProperty("dev", out _);
            Assert.True(
                package.Name == "node_modules/@modelcontextprotocol/server-everything" || (isShipped ? ShippedLicenses : NpmLicenses).Contains(Member(package, "license"), StringComparer.Ordinal),
                $"{package.Name}: {Member(package, "license")}");
        });
    }

    [Fact]
    public void What_the_page_brings_along_is_named_in_the_decision()
    {
        var decision = File.ReadAllText(Path.Combine(House.Root, "docs", "decisions", "0005-libraries.md"));
        using var wanted = JsonDocument.Parse(File.ReadAllText(Path.Combine(House.Root, "web", "package.json")));
        Assert.All(Direct(wanted).Where(d => !d.Name.StartsWith("@types/", StringComparison.Ordinal)), d => Assert.Contains($"`{d.Name}`", decision, StringComparison.Ordinal));
    }

    private static IEnumerable<JsonProperty> Direct(JsonDocument wanted) => wanted.RootElement.EnumerateObject()
        .Where(p => p.Name is "dependencies" or "devDependencies" or "overrides").SelectMany(p => p.Value.EnumerateObject());

    private static string? Member(JsonProperty package, string name) => package.Value.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static Dictionary<string, string> CentralVersions() => XDocument.Load(Path.Combine(House.Root, "Directory.Packages.props")).Descendants("PackageVersion")
        .ToDictionary(v => (string)v.Attribute("Include")!, v => (string)v.Attribute("Version")!, StringComparer.Ordinal);

    private static IEnumerable<LockedPackage> LockedPackages()
    {
        string[] folders = ["src", "tests", "bench"];
        foreach (var file in folders.SelectMany(f => Directory.GetFiles(Path.Combine(House.Root, f), "packages.lock.json", SearchOption.AllDirectories)))
        {
            using var locked = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var package in locked.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject()))
            {
                if (Member(package, "type") != "Project")
                {
                    yield return new LockedPackage(package.Name, Member(package, "resolved")!, Member(package, "contentHash")!, IsOurs: false);
                }
            }
        }
    }

    /// <summary>What the package says of itself, where the restore has put it.</summary>
    private static string LicenseOf(LockedPackage package)
    {
        var folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var name = package.Name.ToLowerInvariant();
        return XDocument.Load(Path.Combine(folder, name, package.Version, name + ".nuspec")).Descendants()
            .Single(e => e.Name.LocalName == "license" && (string?)e.Attribute("type") == "expression").Value;
    }

    [GeneratedRegex(@"^\d+\.\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ExactVersion { get; }

    [GeneratedRegex(@"^\| `(?<name>[\w.-]+)` \| (?<license>[\w. -]+) \| (?<for>.+) \|$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex PackageRow { get; }

    private sealed record LockedPackage(string Name, string Version, string Hash, bool IsOurs);
}
