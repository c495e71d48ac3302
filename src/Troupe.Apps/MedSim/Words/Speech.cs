using System.Collections.Frozen;

namespace Troupe.Apps.MedSim.Words;

/// <summary>Reads what is said: the words that carry meaning, with what they mean and whether they are denied.</summary>
internal static class Speech
{
    private static readonly FrozenSet<string> Empty = Words(
        "a an the is are was were be been being am do does did done doing have has had having i you he she it we they me him her us them my your his its our their mine yours "
        + "this that these those and or but if of to in on at for with by from about as so than then there here what which who whom whose why how can could will would shall should may "
        + "might must not no please tell say said know any some all just also very too let get got go going come really okay ok well yes right sure doctor dr sir madam mr mrs ms hello hi hey "
        + "thank thanks now today when thing things something anything way much many more most own ask asked question like bit little kind sort else ever up out off over into because "
        + "while again still yet only even such each both own same few other another between through during before after above below under further once mean ill im ive able want need "
        + "used use make makes made take taken took notice noticed problem problems trouble experience experienced experiencing suffer suffering feel feeling feels felt");

    private static readonly FrozenSet<string> Negators = Words("no not never none nothing without neither nor cannot nobody denies deny denied isnt");
    private static readonly FrozenSet<string> Subjects = Words("i he she it we they my his her our nobody there that");
    private static readonly FrozenSet<string> Turns = Words("but though although however except apart only just because so then since yes");

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">What is said.</param>
    /// <param name="mend">Finds the word that was meant by one that nobody knows; null to leave it.</param>
    public static List<Token> Read(string text, Func<string, string>? mend = null)
    {
        var words = SpokenWords.Of(text);
        var stems = words.ConvertAll(w => Stemmer.Stem(w.Text)).ToArray();
        if (mend is not null)
        {
            for (var i = 0; i < stems.Length; i++)
            {
                stems[i] = Empty.Contains(words[i].Text) ? stems[i] : mend(stems[i]);
            }
        }

        var tokens = new List<Token>();
        var negated = false;
        for (var i = 0; i < words.Count;)
        {
            negated = i > 0 && EndsClause(text, words[i - 1].End, words[i].Start) ? false : negated;
            var found = WordTable.Usual.Find(stems.AsSpan(i));
            found = found is { Length: 1 } && Empty.Contains(words[i].Text) ? null : found;
            if (Negators.Contains(words[i].Text) && found is not { Length: > 1 })
            {
                // "No, I have been sick" denies nothing.
                negated = words[i].Text != "no" || words[i].End >= text.Length || text[words[i].End] != ',';
                i++;
                continue;
            }

            if (found is null && (Turns.Contains(words[i].Text) || (words[i].Text == "and" && i + 1 < words.Count && Subjects.Contains(words[i + 1].Text))))
            {
                negated = false;
            }

            var length = found?.Length ?? 1;
            if (found is not null || !Empty.Contains(words[i].Text))
            {
                var content = Enumerable.Range(i, length).Where(n => !Empty.Contains(words[n].Text)).Select(n => stems[n]).ToArray();
                tokens.Add(new Token(
                    content.Length > 0 ? content : [string.Join(' ', stems[i..(i + length)])], found?.Meaning.Concepts ?? [], negated, found?.Meaning.IsJargon == true,
                    words[i].Start, words[i + length - 1].End)
                {
                    IsPhrase = length > 1,
                });
            }

            i += length;
        }

        return tokens;
    }

    /// <summary>The sentences of a text.</summary>
    public static List<string> Sentences(string text)
    {
        var sentences = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '.' or '!' or '?' or '\n' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]) || text[i] == '\n'))
            {
                Add(i + 1);
            }
        }

        Add(text.Length);
        return sentences;

        void Add(int end)
        {
            var sentence = text[start..end].Trim();
            start = end;
            if (sentence.Any(char.IsLetterOrDigit))
            {
                sentences.Add(sentence);
            }
        }
    }

    private static bool EndsClause(string text, int from, int to) => text.AsSpan(Math.Min(from, to)..to).IndexOfAny(".;:!?—–") >= 0;

    private static FrozenSet<string> Words(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
