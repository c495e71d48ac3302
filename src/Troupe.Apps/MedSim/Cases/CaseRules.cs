using System.Globalization;
using Troupe.Apps.MedSim.Words;
using Troupe.Apps.Yaml;
using YamlDotNet.RepresentationModel;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>What a case must be beyond its form: consistent, with nothing given away, and rich enough to be learned from.</summary>
internal sealed class CaseRules(YamlFile file, YamlMembers root)
{
    private const int MaxFacts = 200;
    private const int MaxQuestions = 100;

    private readonly List<FileMistake> _thin = [];

    /// <summary>What could be better.</summary>
    public IReadOnlyList<FileMistake> Thin => _thin;

    public void Check(PatientCase read)
    {
        Unique("facts", [.. read.Facts.Select(f => f.Id)]);
        Unique("examination", [.. read.Examination.Select(f => f.Id)]);
        Unique("tests", [.. read.Tests.Select(f => f.Id)]);
        Unique("plan", [.. read.Plan.Select(f => f.Id)]);
        CheckSecrets(read);
        CheckTests(read);
        CheckRubric(read.Rubric);
        CheckRichness(read);
        CheckFacts(read);
    }

    private void CheckSecrets(PatientCase read)
    {
        var secrets = SecretWords.Of(read);
        Look("title", -1, read.Title);
        Look("case", -1, read.Id.Replace('-', ' '));
        if (secrets.FirstIn(read.Patient.Opening) is { } said)
        {
            root.Wrong("patient", $"The opening says '{said}', which is a secret of the diagnosis.");
        }

        for (var i = 0; i < read.Facts.Count; i++)
        {
            Look("facts", i, read.Facts[i].Text);
        }

        for (var i = 0; i < read.Hints.Count; i++)
        {
            Look("hints", i, read.Hints[i]);
        }

        void Look(string member, int index, string text)
        {
            if (secrets.FirstIn(text) is { } word)
            {
                file.Wrong(At(member, index), $"'{Shorten(text)}' says '{word}', which is a secret of the diagnosis. Say it in other words, or take the word out of the secrets.");
            }
        }
    }

    private void CheckTests(PatientCase read)
    {
        var names = read.Tests.SelectMany(t => t.Synonyms.Append(t.Name)).Select(SpokenWords.Fold).ToHashSet(StringComparer.Ordinal);
        foreach (var (member, list) in new[] { ("unavailable", read.Unavailable), ("wasteful", read.Wasteful) })
        {
            foreach (var name in list.Where(n => names.Contains(SpokenWords.Fold(n))))
            {
                root.Wrong(member, $"'{name}' is in '{member}' and among the tests. Keep one.");
            }
        }

        for (var i = 0; i < read.Tests.Count; i++)
        {
            foreach (var synonym in read.Tests[i].Synonyms.Append(read.Tests[i].Name))
            {
                var other = read.Tests.Skip(i + 1).FirstOrDefault(t => t.Synonyms.Append(t.Name).Any(n => SpokenWords.Fold(n) == SpokenWords.Fold(synonym)));
                if (other is not null)
                {
                    file.Wrong(At("tests", i), $"'{synonym}' names the test '{read.Tests[i].Id}' and the test '{other.Id}'. Nobody could know which is meant.");
                }
            }
        }
    }

    private void CheckRubric(CaseRubric rubric)
    {
        var sum = rubric.History + rubric.Examination + rubric.Investigations + rubric.Diagnosis + rubric.Plan + rubric.Communication + rubric.Efficiency;
        if (root.Has("rubric") && sum != 100)
        {
            root.Wrong("rubric", string.Create(CultureInfo.InvariantCulture, $"The rubric's weights sum to {sum}; they must sum to 100."));
        }
    }

    private void CheckRichness(PatientCase read)
    {
        Least("facts", read.Facts.Count, 18, "facts");
        Least("examination", read.Examination.Count, 6, "examination findings");
        Least("tests", read.Tests.Count, 7, "tests");
        Least("plan", read.Plan.Count(p => p.Kind == "critical"), 2, "critical plan items");
        Least("plan", read.Plan.Count(p => p.Kind == "harmful"), 2, "harmful plan items");
        Least("hints", read.Hints.Count, 3, "hints");
        Least("references", read.References.Count, 2, "references");
        Least("teaching", read.Teaching.Count, 3, "teaching points");
        Least("diagnosis", read.Diagnosis.Differentials.Count, 3, "differentials");
        var offered = read.Facts.Count(f => f.Told == CaseWords.Offered);
        if (offered is 0 or > 6)
        {
            Note(At("facts", -1), $"{offered} facts are offered; 1 to 6 let the student work.");
        }

        foreach (var area in CaseWords.Areas.Where(a => !read.Facts.Any(f => f.Area == a)))
        {
            Note(At("facts", -1), $"No fact is of the area '{area}'.");
        }

        void Least(string member, int count, int wanted, string what)
        {
            if (count < wanted)
            {
                Note(At(member, -1), $"There are {count} {what}; {wanted} or more make a good case.");
            }
        }
    }

    private void CheckFacts(PatientCase read)
    {
        var results = read.Examination.Select(e => e.Finding).Concat(read.Tests.Select(t => t.Result)).Select(SpokenWords.Fold).Where(r => r.Length > 12).ToList();
        if (read.Facts.Count > MaxFacts)
        {
            file.Wrong(At("facts", -1), $"There are {read.Facts.Count} facts; at most {MaxFacts} are taken.");
        }

        for (var i = 0; i < read.Facts.Count; i++)
        {
            var fact = read.Facts[i];
            var words = SpokenWords.Of(fact.Text).Count;
            if (words is < 3 or > 45)
            {
                Note(At("facts", i), $"The fact '{fact.Id}' has {words} words; 6 to 30 sound like a person.");
            }

            if (fact.About.Count < 2)
            {
                Note(At("facts", i), $"The fact '{fact.Id}' is about {fact.About.Count} things; 3 to 10 let questions find it.");
            }

            foreach (var about in fact.About.Where(a => a.Any(char.IsUpper)))
            {
                file.Wrong(At("facts", i), $"'{about}' in 'about' of '{fact.Id}' has capital letters; write it in lower case.");
            }

            if (results.Exists(r => SpokenWords.Fold(fact.Text).Contains(r, StringComparison.Ordinal)))
            {
                file.Wrong(At("facts", i), $"The fact '{fact.Id}' tells a finding or a result, which the patient cannot know.");
            }

            if (Speech.Read(fact.Text).FirstOrDefault(t => t.IsJargon) is { } jargon && !jargon.Concepts.Any(c => c.Kind is WordKind.Drug))
            {
                Note(At("facts", i), $"The fact '{fact.Id}' says '{fact.Text[jargon.Start..jargon.End]}', which a patient would hardly say.");
            }

            if (fact.Questions is { Count: > MaxQuestions } many)
            {
                file.Wrong(At("facts", i), $"The fact '{fact.Id}' has {many.Count} questions; at most {MaxQuestions} are taken.");
            }

            foreach (var question in fact.Questions ?? [])
            {
                if (read.Facts.Skip(i + 1).FirstOrDefault(f => f.Questions?.Contains(question, StringComparer.OrdinalIgnoreCase) == true) is { } other)
                {
                    Note(At("facts", i), $"'{question}' is in 'questions' of '{fact.Id}' and of '{other.Id}': it cannot be answered by both.");
                }
            }

            // A question about the one must not fit the other just as well.
            foreach (var about in fact.About)
            {
                if (read.Facts.Skip(i + 1).FirstOrDefault(f => f.About.Contains(about, StringComparer.Ordinal)) is { } other)
                {
                    Note(At("facts", i), $"'{about}' is in 'about' of '{fact.Id}' and of '{other.Id}': a question about the one fits the other just as well.");
                }
            }
        }
    }

    private void Unique(string member, List<string> ids)
    {
        for (var i = 0; i < ids.Count; i++)
        {
            if (ids[i].Length > 0 && ids.IndexOf(ids[i]) != i)
            {
                file.Wrong(At(member, i), $"The id '{ids[i]}' is in '{member}' twice.");
            }

            if (!ids[i].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            {
                file.Wrong(At(member, i), $"The id '{ids[i]}' must be of a-z, 0-9 and -.");
            }
        }
    }

    private YamlNode At(string member, int index) =>
        root.Find(member) is not { } node ? root.Node : node is YamlSequenceNode list && index >= 0 && index < list.Children.Count ? list.Children[index] : node;

    private void Note(YamlNode node, string what) => _thin.Add(new FileMistake(file.Path, node.Start.Line, node.Start.Column, what));

    private static string Shorten(string text) => text.Length <= 60 ? text : TextRules.Mend(text[..60]) + "...";
}
