using System.Text.RegularExpressions;

namespace Troupe.Server.Tests.Docs;

/// <summary>A command of a page: one line, or several that belong together.</summary>
/// <param name="Line">Its last line in the page, from 1.</param>
/// <param name="Text">What a reader would paste.</param>
internal sealed partial record GuideCommand(int Line, string Text)
{
    /// <summary>With which exit codes it may end: 0, but for what a comment at its end says. <c># exits with 1</c> is 1 and nothing else,
    /// <c># exits with 1 when ...</c> leaves it open.</summary>
    public IReadOnlyList<int> ExitCodes =>
        Said.Match(Text) is not { Success: true } said ? [0]
        : said.Groups["when"].Success ? [0, Code(said)]
        : [Code(said)];

    /// <summary>The commands of a block: a line, and as many more as the shell needs to understand it.</summary>
    public static async Task<List<GuideCommand>> SplitAsync(GuideBlock block)
    {
        List<GuideCommand> commands = [];
        var (text, line) = ("", block.Line);
        foreach (var next in block.Text.Split('\n'))
        {
            line++;
            text += next + "\n";
            if (string.IsNullOrWhiteSpace(text))
            {
                text = "";
            }
            else if (!next.EndsWith('\\') && await GuideShell.IsWholeAsync(text))
            {
                commands.Add(new GuideCommand(line, text));
                text = "";
            }
        }

        return text.Length == 0 ? commands : throw new InvalidDataException($"Line {line}: the shell wants more after {text}");
    }

    private static int Code(Match said) => int.Parse(said.Groups["code"].Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"# exits with (?<code>\d+)(?<when> when [^\n]*)?\s*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Said { get; }
}
