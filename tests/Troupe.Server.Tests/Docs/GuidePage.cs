using System.Text.RegularExpressions;
using Troupe.Tests;

namespace Troupe.Server.Tests.Docs;

/// <summary>A page of the documentation, with its blocks in order.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Text">All of it.</param>
/// <param name="Blocks">Its fenced blocks.</param>
internal sealed partial record GuidePage(string Name, string Text, IReadOnlyList<GuideBlock> Blocks)
{
    /// <summary>README and the guides.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Path.Combine(House.Root, "docs", "guides"), "*.md").Select(f => $"docs/guides/{Path.GetFileName(f)}").Prepend("README.md").Order(StringComparer.Ordinal)];

    public static GuidePage Read(string name)
    {
        var text = File.ReadAllText(Path.Combine(House.Root, name));
        return new GuidePage(name, text, [.. Find(text.Split('\n'))]);
    }

    /// <summary>The page without its blocks.</summary>
    public string Prose => Fenced.Replace(Text, "");

    private static IEnumerable<GuideBlock> Find(string[] lines)
    {
        for (var open = 0; open < lines.Length; open++)
        {
            if (!lines[open].StartsWith("```", StringComparison.Ordinal))
            {
                continue;
            }

            var close = Array.FindIndex(lines, open + 1, l => l == "```");
            var before = lines[..open].LastOrDefault(l => l.Length > 0) ?? "";
            yield return new GuideBlock(
                open + 1, lines[open][3..], string.Join('\n', lines[(open + 1)..close]),
                NamedFile.Match(before) is { Success: true } file ? file.Groups["name"].Value : null,
                Comment.Match(before) is { Success: true } comment ? comment.Groups["words"].Value : null);
            open = close;
        }
    }

    /// <summary>The end of a sentence that names a file and a colon: what follows is the file.</summary>
    [GeneratedRegex(@"`(?<name>(\.env|[\w-][\w./-]*\.\w+))`[^`]*:$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedFile { get; }

    [GeneratedRegex("^<!-- (?<words>.*) -->$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Comment { get; }

    [GeneratedRegex("^```.*?^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Fenced { get; }
}
