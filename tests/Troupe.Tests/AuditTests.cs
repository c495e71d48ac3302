using System.Diagnostics;

namespace Troupe.Tests;

/// <summary>What ./audit says, of sources that know something, know nothing, or know nothing at all of advisories.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task An_advisory_against_a_package_in_use_fails()
    {
        await using var source = await AdvisorySource.StartAsync(nuget: "microsoft.extensions.logging.abstractions", npm: "minimist,openai");
        var (code, lines) = await AuditAsync(source);

        Assert.Equal(1, code);
        Assert.Contains(lines, l => l.StartsWith("failed: NuGet: there are advisories", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("NU1901", StringComparison.Ordinal) && l.Contains("https://example.org/advisory", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("failed: npm:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sources_that_have_advisories_and_none_against_us_pass()
    {
        await using var source = await AdvisorySource.StartAsync(nuget: "a.package.that.is.not.in.use", npm: "minimist");
        var (code, lines) = await AuditAsync(source);

        Assert.Equal(0, code);
        Assert.Equal(2 + NpmLocks, lines.Count(l => l.StartsWith("passed: ", StringComparison.Ordinal)));
        Assert.Equal(2 + NpmLocks, lines.Length);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("a-package-that-is-not-in-use", false)]
    public async Task Sources_without_advisories_pass_nothing_and_fail_where_an_answer_is_required(string? npm, bool required)
    {
        await using var source = await AdvisorySource.StartAsync(nuget: null, npm);
        var (code, lines) = await AuditAsync(source, required);

        Assert.Equal(required ? 1 : 0, code);
        Assert.StartsWith("passed: NuGet: what is restored", Assert.Single(lines, l => l.StartsWith("passed: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(1 + NpmLocks, lines.Count(l => l.StartsWith(required ? "failed: " : "not checked: ", StringComparison.Ordinal)));
    }

    /// <summary>The clients of the tests, the page, and what makes the page's types.</summary>
    private const int NpmLocks = 3;

    /// <summary>Audits the runtime and the clients of the tests; all of the house takes longer and goes the same way.</summary>
    private static async Task<(int Code, string[] Lines)> AuditAsync(AdvisorySource source, bool required = false)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "./audit is a script of a Unix shell.");
        var start = new ProcessStartInfo("bash", [Path.Combine(House.Root, "audit")]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["TROUPE_AUDIT"] = required ? "required" : "";
        start.Environment["TROUPE_AUDIT_PROJECT"] = "src/Troupe/Troupe.csproj";
        start.Environment["TROUPE_AUDIT_NUGET"] = source.NuGet;
        start.Environment["TROUPE_AUDIT_NPM"] = source.Npm;
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(Limits.Token);
        await process.WaitForExitAsync(Limits.Token);
        return (process.ExitCode, said.Trim().Split('\n'));
    }
}
