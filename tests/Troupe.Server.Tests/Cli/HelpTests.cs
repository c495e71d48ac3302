using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Troupe.Cli.Commands;
using Troupe.Tests;

namespace Troupe.Server.Tests.Cli;

public sealed partial class HelpTests
{
    public static TheoryData<string> Commands => [.. Paths(CommandTree.Create(), "")];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_explains_itself_with_an_example_of_it_that_parses(string command)
    {
        using var folder = new TempFolder();
        var (exit, output, errors) = await TroupeCommand.RunAsync(folder.Path, [.. command.Split(' '), "--help"]);

        Assert.True(exit == 0, errors);
        var examples = Example.Matches(output).Select(m => m.Groups["arguments"].Value).ToList();
        Assert.StartsWith(command, examples[0], StringComparison.Ordinal);
        Assert.All(examples, example => Assert.Empty(CommandTree.Create().Parse([.. CommandLineParser.SplitCommandLine(example)]).Errors));
    }

    private static IEnumerable<string> Paths(Command command, string before) =>
        command.Subcommands.SelectMany(c => Paths(c, $"{before}{c.Name} ").Prepend($"{before}{c.Name}"));

    [GeneratedRegex(@"^\s*Example: .*?\btroupe (?<arguments>[^)\n]*)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Example { get; }
}
