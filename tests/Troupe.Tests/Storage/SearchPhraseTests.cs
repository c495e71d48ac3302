using Troupe.Storage;

namespace Troupe.Tests.Storage;

public sealed class SearchPhraseTests
{
    [Theory]
    [InlineData("word", "A WoRd.", true)]
    [InlineData("ärger über öl", "viel ÄRGER ÜBER ÖL", true)]
    [InlineData("ÄRGER ÜBER ÖL", "viel Ärger Über Öl", true)]
    [InlineData("Ärger über Öl", "viel Ärger über Öl", true)]
    [InlineData("привет", "Привет", true)]
    [InlineData("wort", "", false)]
    [InlineData("a b", "a  b", false)]
    public void Words_are_found_whatever_their_case(string phrase, string text, bool isIn) => Assert.Equal(isIn, new SearchPhrase(phrase).IsIn(text));

    [Theory]
    [InlineData("plain words")]
    [InlineData("100% _ \\ '")]
    public void Words_of_ascii_are_one_pattern(string phrase) => Assert.Equal([phrase], new SearchPhrase(phrase).Forms);

    [Fact]
    public void A_short_text_is_its_own_excerpt() => Assert.Equal("one two three", new SearchPhrase("TWO").Excerpt(" one\n\ttwo  three\r\n"));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(98)]
    [InlineData(99)]
    public void An_excerpt_is_whole_words_around_what_was_searched(int place)
    {
        string[] words = [.. Enumerable.Range(0, 100).Select(n => $"word{n}")];
        words[place] = "ÄPFEL";
        var text = string.Join(' ', words);

        var excerpt = new SearchPhrase("äpfel").Excerpt(text);

        Assert.Contains("ÄPFEL", excerpt, StringComparison.Ordinal);
        Assert.InRange(excerpt.Length, 140, 162);
        Assert.Equal(place > 20, excerpt.StartsWith('…'));
        Assert.Equal(place < 80, excerpt.EndsWith('…'));
        Assert.All(excerpt.Trim('…').Split(' '), w => Assert.Contains(w, words));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("😀")]
    [InlineData("漢")]
    public void A_text_without_spaces_is_cut_between_characters(string character)
    {
        var text = string.Concat(Enumerable.Repeat(character, 300)) + "needle" + string.Concat(Enumerable.Repeat(character, 300));

        var excerpt = new SearchPhrase("Needle").Excerpt(text);

        Assert.Contains("needle", excerpt, StringComparison.Ordinal);
        Assert.InRange(excerpt.Length, 150, 162);
        Assert.Equal(excerpt, TextRules.Mend(excerpt));
    }

    [Fact]
    public void What_is_searched_may_be_longer_than_an_excerpt()
    {
        var phrase = string.Join(' ', Enumerable.Repeat("long", 40));

        var excerpt = new SearchPhrase(phrase).Excerpt($"begin {phrase} end {new string('x', 300)}");

        Assert.Equal($"…{phrase}…", excerpt);
    }
}
