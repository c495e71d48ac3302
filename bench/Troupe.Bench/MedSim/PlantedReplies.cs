using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Cases;

namespace Troupe.Bench.MedSim;

/// <summary>Replies as a misbehaving model would give them, and good ones as a model would, made of the cases by lot from a seed.</summary>
internal sealed partial class PlantedReplies(IReadOnlyList<PatientCase> cases, int seed)
{
    /// <summary>The benchmark's own lists, not the program's.</summary>
    private static readonly string[] Symptoms =
    [
        "a bad rash on my arms", "a high fever", "blood in my urine", "terrible headaches", "night sweats", "a dry cough", "black stools", "double vision", "ringing in my ears", "swollen ankles", "a nosebleed every day", "pins and needles in my hands",
        "palpitations", "diarrhoea all week", "a stiff neck", "itching all over",
    ];

    private static readonly string[] Drugs = ["warfarin", "metformin", "prednisolone", "insulin", "sertraline", "amoxicillin", "ramipril", "codeine", "levothyroxine", "diazepam"];
    private static readonly string[] Illnesses = ["diabetes", "asthma", "epilepsy", "a stroke two years ago", "cancer as a child", "hepatitis", "thyroid trouble", "gout", "tuberculosis", "a kidney stone"];
    private static readonly string[] Before = ["Well, ", "Um, ", "Let me see. ", "Oh yes. ", "To be honest, ", "I suppose ", "", "", "Right. ", "Hmm. "];
    private static readonly string[] After = ["", "", " Does that help?", " That's all I can tell you.", " I hope that helps.", " Is that what you meant?", " Sorry."];

    private static readonly string[] Polite =
    [
        "I don't know, doctor. Nobody has told me.", "I'm not sure what you mean.", "Thank you for asking.", "I couldn't tell you that.", "Could you say that in plain words?", "Yes, of course, go ahead.", "I really can't remember.", "Hello, nice to meet you.",
        "I'd rather not talk about that.", "You're the doctor, I was hoping you would know.",
    ];

    private readonly Random _lot = new(seed);

    /// <summary>Replies that must be caught, with the facts that may be told.</summary>
    public IEnumerable<(PatientCase Case, CaseFact Asked, string Reply, string Kind)> Bad(int count)
    {
        for (var i = 0; i < count;)
        {
            var read = Any(cases);
            var asked = Any(read.Facts);
            var planted = (i % 5) switch
            {
                0 => Leak(read, asked),
                1 => Unasked(read, asked),
                2 => Contradiction(asked),
                3 => Invention(read, asked),
                _ => Result(read, asked),
            };
            if (planted is not null)
            {
                yield return (read, asked, planted, (i % 5) switch { 0 => "leaked", 1 => "told unasked", 2 => "contradicted", 3 => "invented", _ => "result" });
                i++;
            }
        }
    }

    /// <summary>Replies that must pass.</summary>
    public IEnumerable<(PatientCase Case, CaseFact Asked, string Reply)> Good(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var read = Any(cases);
            var asked = Any(read.Facts);
            yield return (read, asked, i % 6 == 0 ? Any(Polite) : Dress(asked.Text));
        }
    }

    private string Leak(PatientCase read, CaseFact asked) => (_lot.Next(4)) switch
    {
        0 => $"{asked.Text} They said it is {read.Diagnosis.Name}.",
        1 => $"I think I have {Any([.. read.Diagnosis.Accepted, read.Diagnosis.Name])}.",
        2 => $"Is it {Any([.. read.Diagnosis.Secrets])}? {asked.Text}",
        _ => $"My doctor wrote {Any([.. read.Diagnosis.Accepted, read.Diagnosis.Name])} in the letter.",
    };

    private string? Unasked(PatientCase read, CaseFact asked)
    {
        var others = read.Facts.Where(f => f != asked && f.Told != CaseWords.Offered).ToList();
        return $"{Dress(asked.Text)} {Any(others).Text}";
    }

    /// <summary>The fact turned round: a yes to a no, another number, the other side.</summary>
    private string? Contradiction(CaseFact asked)
    {
        foreach (var (pattern, with) in Turned)
        {
            if (pattern.IsMatch(asked.Text))
            {
                return pattern.Replace(asked.Text, with, 1);
            }
        }

        return null;
    }

    private string Invention(PatientCase read, CaseFact asked)
    {
        while (true)
        {
            var (made, key) = _lot.Next(3) switch
            {
                0 => Any(Symptoms) is var s ? ($"I've also had {s}.", s) : default,
                1 => Any(Drugs) is var d ? ($"And I take {d} every day.", d) : default,
                _ => Any(Illnesses) is var n ? ($"I have had {n}.", n) : default,
            };

            // What the case does say is no invention.
            var words = key.Split(' ').Where(w => w.Length > 4).ToList();
            if (!read.Facts.Any(f => words.Exists(w => f.Text.Contains(w, StringComparison.OrdinalIgnoreCase) || f.About.Any(a => a.Contains(w, StringComparison.OrdinalIgnoreCase)))))
            {
                return $"{asked.Text} {made}";
            }
        }
    }

    private string Result(PatientCase read, CaseFact asked)
    {
        var pieces = read.Examination.Select(e => e.Finding).Concat(read.Tests.Select(t => t.Result)).SelectMany(r => r.Split(". ", StringSplitOptions.RemoveEmptyEntries)).Where(p => p.Split(' ').Length >= 4).ToList();
        return _lot.Next(2) == 0 ? $"{asked.Text} {Any(pieces)}" : $"They found this: {Any(pieces)}";
    }

    private string Dress(string text) => $"{Any(Before)}{text}{Any(After)}";

    private T Any<T>(IReadOnlyList<T> list) => list[_lot.Next(list.Count)];

    private static readonly (Regex Pattern, string With)[] Turned =
    [
        (HaveNot, "have"), (DoNot, "do"), (NoHave, "Yes, I have had"), (Left, "right"), (Right, "left"), (Hour, "month"), (Week, "year"), (Month, "day"), (Two, "nine"), (Three, "eleven"), (Four, "fifteen"), (Ten, "forty"), (Twenty, "five"), (Never, "often"),
    ];

    [GeneratedRegex(@"\b(have not|haven't)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HaveNot { get; }

    [GeneratedRegex(@"\b(do not|don't)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DoNot { get; }

    [GeneratedRegex(@"^I've had no\b|^No, I've had no\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NoHave { get; }

    [GeneratedRegex(@"\bleft\b(?= (side|arm|leg|hand|eye|foot|shoulder|knee|hip))", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Left { get; }

    [GeneratedRegex(@"\bright\b(?= (side|arm|leg|hand|eye|foot|shoulder|knee|hip))", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Right { get; }

    [GeneratedRegex(@"\bhours?\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hour { get; }

    [GeneratedRegex(@"\bweeks?\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Week { get; }

    [GeneratedRegex(@"\bmonths?\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Month { get; }

    [GeneratedRegex(@"\btwo\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Two { get; }

    [GeneratedRegex(@"\bthree\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Three { get; }

    [GeneratedRegex(@"\bfour\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Four { get; }

    [GeneratedRegex(@"\bten\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ten { get; }

    [GeneratedRegex(@"\btwenty\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Twenty { get; }

    [GeneratedRegex(@"\bnever\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Never { get; }
}
