using Troupe.Chat;
using Troupe.Storage;

namespace Troupe.Tests.Chat;

public sealed class ExtractiveSummaryTests
{
    [Fact]
    public void It_is_the_first_lines_of_what_was_said_newest_last()
    {
        var text = ExtractiveSummary.Write(null, [Said(1, EntryRole.User, "My name is Ann.\nAnd more."), Said(2, EntryRole.Assistant, "Hello Ann.")], 2000);

        Assert.Equal("User: My name is Ann.\nYou: Hello Ann.", text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(500)]
    [InlineData(2000)]
    public void It_keeps_its_length_whatever_it_is_made_of(int maxLength)
    {
        var covered = Enumerable.Range(1, 100).Select(i => Said(i, EntryRole.User, string.Concat(Enumerable.Repeat("🦊", 100)))).ToList();

        var text = ExtractiveSummary.Write(string.Concat(Enumerable.Repeat("🦊", 3000)), covered, maxLength);

        Assert.InRange(text.Length, 0, maxLength);
        Assert.Equal(text, TextRules.Mend(text));
    }

    [Fact]
    public void What_the_earlier_summary_knew_is_kept_and_what_is_left_out_is_counted()
    {
        var covered = Enumerable.Range(1, 50).Select(i => Said(i, EntryRole.User, $"{i} " + new string('a', 100))).ToList();

        var text = ExtractiveSummary.Write("Ann has a cat.", covered, 1000);

        Assert.StartsWith("Ann has a cat.\n(4", text, StringComparison.Ordinal);
        Assert.Contains("User: 50 a", text, StringComparison.Ordinal);
        Assert.DoesNotContain("User: 1 a", text, StringComparison.Ordinal);
    }

    private static Entry Said(int seq, EntryRole role, string text) => new(seq, seq - 1, 1, role, default, text);
}
