using System.Text.RegularExpressions;
using Troupe.Tests.Storage;

namespace Troupe.Tests;

/// <summary>No file of the repository holds a key. What a test needs that looks like one says "not-a-key" in itself.</summary>
public sealed partial class SecretTests
{
    [Fact]
    public async Task No_tracked_file_holds_what_looks_like_a_key()
    {
        var found = new List<string>();
        foreach (var file in await TrackedFilesAsync())
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(House.Root, file), Limits.Token);
            found.AddRange(lines.SelectMany((line, i) => Keys(line).Select(key => $"{file}:{i + 1}: {key[..Math.Min(12, key.Length)]}...")));
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public async Task No_tracked_file_is_a_place_for_keys() => Assert.DoesNotContain(await TrackedFilesAsync(), f => KeyFile.IsMatch(Path.GetFileName(f)));

    /// <summary>In two parts, so that this file does not find itself.</summary>
    [Theory]
    [InlineData("sk-", "proj-0123456789abcdef0123456789")]
    [InlineData("sk-", "ant-api03-0123456789abcdef")]
    [InlineData("tk_", "0123456789012345678901234567890123456789012")]
    [InlineData("ghp_", "012345678901234567890123456789012345")]
    [InlineData("github_pat_", "0123456789abcdefABCDEF")]
    [InlineData("AKIA", "0123456789ABCDEF")]
    [InlineData("AIza", "0123456789abcdefghijABCDEFGHIJ01234")]
    [InlineData("xoxb-", "0123456789-0123456789")]
    [InlineData("npm_", "012345678901234567890123456789012345")]
    [InlineData("oy2", "0123456789012345678901234567890123456789012")]
    [InlineData("hf_", "0123456789abcdefABCDEF0123456789")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl")]
    [InlineData("-----BEGIN RSA ", "PRIVATE KEY-----")]
    [InlineData("-----BEGIN ", "PRIVATE KEY-----")]
    [InlineData("https://me:", "a-password-of-somebody@example.org/")]
    public void What_looks_like_a_key_is_found(string first, string rest)
    {
        Assert.Single(Keys($"key = '{first}{rest}';"));
        Assert.Empty(Keys($"key = '{first}not-a-key-{rest}';"));
    }

    [Theory]
    [InlineData("disk-full-and-nothing-is-written")]
    [InlineData("ANTHROPIC_API_KEY=sk-ant-...")]
    [InlineData("risk_live_and_more_of_the_same_words")]
    [InlineData("http://127.0.0.1:8080/api/v1@2")]
    public void What_does_not_is_not(string text) => Assert.Empty(Keys(text));

    private static IEnumerable<string> Keys(string line) =>
        Key.Matches(line).Select(m => m.Value).Where(m => !m.Contains("not-a-key", StringComparison.Ordinal));

    private static async Task<IEnumerable<string>> TrackedFilesAsync()
    {
        var (code, files) = await Machine.TryRunAsync("git", "-C", House.Root, "ls-files", "-z");
        Assert.SkipUnless(code == 0, "Without a git repository nothing is tracked.");
        return files.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(f => File.Exists(Path.Combine(House.Root, f)));
    }

    [GeneratedRegex(
        """
        \bsk-[\w-]{16,} | \b[rs]k_live_\w{16,}
        | \btk_[\w-]{43}
        | \bgh[oprsu]_\w{36} | \bgithub_pat_\w{22,}
        | \b(AKIA|ASIA)[0-9A-Z]{16}\b | \bAIza[\w-]{35}
        | \bxox[abeoprs]-[\w-]{10,}
        | \bnpm_\w{36} | \boy2[a-z0-9]{43} | \bhf_\w{30,}
        | \beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{5,}
        | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
        | :\/\/[\w.-]+:[^\/\s@"'{}$<>]{8,}@
        """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace,
        1000)]
    private static partial Regex Key { get; }

    [GeneratedRegex(@"^\.env(\..+)?$|\.(pem|key|pfx|p12|jks|keystore|snk)$|^id_(rsa|dsa|ecdsa|ed25519)$|^\.(npmrc|netrc|pypirc)$|\.token$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyFile { get; }
}
