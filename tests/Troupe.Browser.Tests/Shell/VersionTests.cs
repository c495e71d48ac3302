using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Troupe.Server.Tests;
using Troupe.Tests;

namespace Troupe.Browser.Tests.Shell;

public sealed partial class VersionTests(Chromium chromium)
{
    [Fact]
    public async Task A_new_version_is_offered_and_comes_when_somebody_says_so()
    {
        using var page = new TempFolder();
        Build(page.Path, "first");
        await using var own = await Site.OpenAsync(("TROUPE_PAGE", page.Path));
        await using var visit = await Visit.OpenAsync(chromium, own);
        await visit.TalkAsync("Before the update");
        await visit.WorkerAsync();

        Build(page.Path, "second");
        await own.KillAsync();
        await own.StartAsync();
        await visit.Page.ReloadAsync();
        var offer = visit.Page.GetByText("A new version is ready.");
        await Expect(offer).ToBeVisibleAsync();
        Assert.Equal("first", await VersionAsync());
        await visit.Page.ReloadAsync();
        await Expect(offer).ToBeVisibleAsync();
        Assert.Equal("first", await VersionAsync());

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Update", Exact = true }).ClickAsync();
        await visit.Page.WaitForFunctionAsync("document.querySelector('meta[name=version]')?.content === 'second'");
        await Expect(visit.Words).ToHaveTextAsync(["Before the update"]);
        await visit.Page.ReloadAsync();
        Assert.Equal("second", await VersionAsync());
        await Expect(visit.Words).ToHaveTextAsync(["Before the update"]);
        await Expect(offer).ToHaveCountAsync(0);

        Task<string> VersionAsync() => visit.Page.EvaluateAsync<string>("document.querySelector('meta[name=version]').content");
    }

    [Fact]
    public async Task A_server_without_its_page_says_so()
    {
        using var empty = new TempFolder();
        await using var own = await Site.OpenAsync(("TROUPE_PAGE", empty.Path));
        await using var visit = await Visit.BeginAsync(chromium, own.Url);

        var answer = await visit.Page.GotoAsync("/");

        Assert.Equal(503, answer!.Status);
        await Expect(visit.Page.GetByText("Install Node 20 and start with ./run again.")).ToBeVisibleAsync();
        Assert.Contains("The page is absent", own.Output, StringComparison.Ordinal);
        using var client = own.Client();
        await client.GetJsonAsync("/api/v1/me");
    }

    /// <summary>The built page as another build would be: its first file says which, and its worker knows it by another revision.</summary>
    private static void Build(string folder, string version)
    {
        foreach (var file in Directory.EnumerateFiles(Site.PageFolder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".br", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Site.PageFolder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        var index = Path.Combine(folder, "index.html");
        File.WriteAllText(index, File.ReadAllText(index).Replace("<head>", $"<head><meta name=\"version\" content=\"{version}\">", StringComparison.Ordinal));
        var worker = Path.Combine(folder, "worker.js");
        var changed = Revision.Replace(File.ReadAllText(worker), $"\"revision\":\"{version}\"");
        Assert.Contains($"\"{version}\"", changed, StringComparison.Ordinal);
        File.WriteAllText(worker, changed);
    }

    [GeneratedRegex("\"revision\":\"[0-9a-f]+\"(?=,\"url\":\"index\\.html\")", RegexOptions.None, 1000)]
    private static partial Regex Revision { get; }
}
