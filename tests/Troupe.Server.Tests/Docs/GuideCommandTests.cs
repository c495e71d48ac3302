using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.RegularExpressions;
using Troupe.Cli.Commands;

namespace Troupe.Server.Tests.Docs;

/// <summary>What README and the guides tell a reader to type, typed.</summary>
/// <param name="readings">The readers, who begin together.</param>
/// <param name="output">Where it is listed what is not run.</param>
public sealed partial class GuideCommandTests(GuideReadings readings, ITestOutputHelper output) : IClassFixture<GuideReadings>
{
    private const int MostNotRun = 3;
    private const int FewestCommands = 40;

    public static TheoryData<string> Pages => [.. GuidePage.Names];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_command_of_a_page_runs(string page)
    {
        var ran = await readings.OfAsync(page);

        Assert.Equal(GuidePage.Read(page).Blocks.Any(b => b.IsRun), ran > 0);
    }

    [Fact]
    public async Task The_pages_are_found_with_their_commands()
    {
        var ran = await Task.WhenAll(GuidePage.Names.Select(readings.OfAsync));

        Assert.InRange(ran.Sum(), FewestCommands, int.MaxValue);
    }

    [Fact]
    public void What_is_not_run_is_little_and_says_why()
    {
        var notRun = GuidePage.Names.SelectMany(n => GuidePage.Read(n).Blocks.Where(b => b.IsMarkedNotRun), (n, b) => $"{n}:{b.Line} {b.Marker}").ToList();
        notRun.ForEach(output.WriteLine);

        Assert.InRange(notRun.Count, 0, MostNotRun);
        Assert.All(notRun, n => Assert.Matches($"{GuideBlock.NotRun} [^ ]+ [^ ]+", n));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_block_says_what_it_is_and_commands_are_nothing_else(string page) => Assert.All(GuidePage.Read(page).Blocks, block =>
    {
        Assert.Contains(block.Language, (string[])["csharp", "json", "sh", "text", "yaml"]);
        Assert.True(block.Marker is null or GuideBlock.WithoutServer || block.IsMarkedNotRun, $"Line {block.Line}: '{block.Marker}' is no marker.");
        Assert.True(block.Language != "yaml" || block.FileName is not null, $"Line {block.Line}: an agent's file is not named before it, so nothing reads it.");
        Assert.True(block.Language != "json" || JsonElement.Parse(block.Text).ValueKind is JsonValueKind.Object or JsonValueKind.Array);
        Assert.True(block.Language == "sh" || !Command.IsMatch(block.Text), $"Line {block.Line}: commands are not run in a block of {block.Language}.");
    });

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_command_of_the_program_that_a_page_names_is_there(string page) => Assert.All(Named.Matches(GuidePage.Read(page).Prose), match =>
    {
        // Brackets and dots say what may be left out or repeated; what has to follow need not be named.
        var arguments = CommandLineParser.SplitCommandLine(match.Groups["arguments"].Value.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace("...", "", StringComparison.Ordinal));
        Assert.Empty(CommandTree.Create().Parse([.. arguments]).UnmatchedTokens);
    });

    [GeneratedRegex(@"^\s*(\$ |[A-Z_]+=\S* )*(\./\w+|troupe|curl|dotnet|npx|npm|docker)( |$)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Command { get; }

    [GeneratedRegex("`[^`\n]*\\btroupe (?<arguments>[^`)\n]+)\\)?`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named { get; }
}
