using System.Text.RegularExpressions;

namespace Troupe.Tests.Docs;

public sealed partial class DocsTests
{
    private static IEnumerable<string> Pages =>
        Directory.GetFiles(House.Root, "*.md").Concat(Directory.GetFiles(Path.Combine(House.Root, "docs"), "*.md", SearchOption.AllDirectories));

    [Fact]
    public void Every_snippet_of_CSharp_is_compiled_by_the_tests()
    {
        var compiled = Squeeze(File.ReadAllText(Path.Combine(House.Root, "tests", "Troupe.Tests", "Docs", "GuideSnippets.cs")));
        Assert.All(Pages, page => Assert.All(Snippet.Matches(File.ReadAllText(page)), match =>
            Assert.Contains(Squeeze(match.Groups["code"].Value), compiled, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_link_between_pages_leads_somewhere()
    {
        Assert.All(Pages, page => Assert.All(Link.Matches(File.ReadAllText(page)).Select(m => m.Groups["to"].Value), to =>
        {
            var target = Path.Combine(Path.GetDirectoryName(page)!, to);
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page} links to {to}");
        }));
    }

    [Fact]
    public void The_readme_is_short() => Assert.InRange(File.ReadAllLines(Path.Combine(House.Root, "README.md")).Length, 1, 150);

    private static string Squeeze(string text) => string.Join('\n', text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Snippet { get; }

    [GeneratedRegex(@"\]\((?<to>[^)#:]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link { get; }
}
