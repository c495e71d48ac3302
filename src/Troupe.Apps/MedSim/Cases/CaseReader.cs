using Troupe.Apps.Yaml;
using YamlDotNet.RepresentationModel;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>Reads one case from its YAML file, and finds every mistake in it.</summary>
internal sealed class CaseReader
{
    public const int MaxBytes = 1 << 20;

    private static readonly string[] Members =
    [
        "case", "title", "specialty", "difficulty", "setting", "task", "minutes", "budget", "patient", "facts", "examination", "tests", "unavailable", "wasteful", "diagnosis", "plan", "hints",
        "expert", "teaching", "references", "rubric",
    ];

    private readonly YamlFile _file;
    private readonly YamlMembers _case;

    private CaseReader(YamlFile file, YamlMembers root) => (_file, _case) = (file, root.Only(Members));

    /// <summary>The case, or null where there is a mistake; the mistakes; and what is thin.</summary>
    /// <param name="path">The file, or what it is called.</param>
    /// <param name="text">Its text; null to read the file.</param>
    public static CaseReading Read(string path, string? text = null)
    {
        var file = new YamlFile(path, text);
        if (file.Load("Write one case into a file, a member a line, such as 'case: pain-in-the-knee'.") is not { } root)
        {
            return new(null, file.Mistakes, []);
        }

        var reader = new CaseReader(file, root);
        var read = reader.Define();
        var rules = new CaseRules(file, reader._case);
        rules.Check(read);
        return new(file.Mistakes.Count == 0 ? read : null, file.Mistakes, rules.Thin);
    }

    private PatientCase Define() => new()
    {
        Id = Id(),
        Title = Needed(_case, "title"),
        Specialty = Needed(_case, "specialty"),
        Difficulty = Whole(_case, "difficulty", 1, 3),
        Setting = Needed(_case, "setting"),
        Task = Needed(_case, "task"),
        Minutes = Whole(_case, "minutes", 1, 600),
        Budget = Whole(_case, "budget", 1, 100_000),
        Patient = Patient(),
        Facts = [.. Each("facts", "id", "area", "told", "text", "about", "item", "weight", "critical", "questions").Select(Fact)],
        Examination = [.. Each("examination", "id", "name", "region", "synonyms", "finding", "minutes", "weight", "critical").Select(Finding)],
        Tests = [.. Each("tests", "id", "name", "kind", "synonyms", "result", "cost", "minutes", "weight", "critical", "trace").Select(Test)],
        Unavailable = Texts(_case, "unavailable", needed: false),
        Wasteful = Texts(_case, "wasteful", needed: false),
        Diagnosis = Diagnosis(),
        Plan = [.. Each("plan", "id", "text", "kind", "match", "why").Select(PlanItem)],
        Hints = Texts(_case, "hints"),
        Expert = Needed(_case, "expert").Trim(),
        Teaching = Texts(_case, "teaching"),
        References = Texts(_case, "references"),
        Rubric = Rubric(),
    };

    private string Id()
    {
        var id = Needed(_case, "case");
        if (id.Length > 0 && !(id.Length <= 64 && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
        {
            _case.Wrong("case", $"'case' is '{id}'; it must be 1 to 64 characters of a-z, 0-9 and -.");
        }

        return id;
    }

    private CasePatient Patient()
    {
        if (_case.Map("patient")?.Only("name", "age", "sex", "occupation", "persona", "speaker", "opening") is not { } patient)
        {
            Missing(_case, "patient");
            return new("", "", "", "", "");
        }

        var age = Needed(patient, "age");
        if (age.Length > 0 && PatientAge.YearsOf(age) is null)
        {
            patient.Wrong("age", $"'age' is '{age}'; write it like '58 years', '8 months' or '3 weeks'.");
        }

        var persona = Word(patient, "persona", CaseWords.Personas);
        var speaker = patient.Text("speaker");
        if ((persona == "carer") != (speaker is not null))
        {
            patient.Wrong("speaker", persona == "carer" ? "The persona is carer, and no 'speaker' says who speaks. Add one, such as 'speaker: Mary Bennett, mother'." : "'speaker' has a meaning only with the persona carer.");
        }

        return new(Needed(patient, "name"), age, Word(patient, "sex", CaseWords.Sexes), persona, Needed(patient, "opening"), patient.Text("occupation"), speaker);
    }

    private CaseFact Fact(YamlMembers fact) => new(
        Needed(fact, "id"), Word(fact, "area", CaseWords.Areas), Word(fact, "told", CaseWords.Tellings), Needed(fact, "text"), Texts(fact, "about"), fact.Text("item"),
        fact.Whole("weight", 1, 3) ?? 1, fact.Flag("critical") ?? false, Texts(fact, "questions", needed: false) is { Count: > 0 } questions ? questions : null);

    private CaseFinding Finding(YamlMembers finding) => new(
        Needed(finding, "id"), Needed(finding, "name"), Word(finding, "region", CaseWords.Regions), Texts(finding, "synonyms", needed: false), Needed(finding, "finding"),
        Whole(finding, "minutes", 0, 600), finding.Whole("weight", 1, 3), finding.Flag("critical") ?? false);

    private CaseTest Test(YamlMembers test) => new(
        Needed(test, "id"), Needed(test, "name"), Word(test, "kind", CaseWords.Kinds), Texts(test, "synonyms", needed: false), Needed(test, "result"), Whole(test, "cost", 0, 100_000),
        Whole(test, "minutes", 0, 100_000), test.Whole("weight", 1, 3), test.Flag("critical") ?? false, test.Text("trace"));

    private CaseDiagnosis Diagnosis()
    {
        if (_case.Map("diagnosis")?.Only("name", "accepted", "partial", "differentials", "secrets") is not { } diagnosis)
        {
            Missing(_case, "diagnosis");
            return new("", [], [], [], []);
        }

        return new(
            Needed(diagnosis, "name"), Texts(diagnosis, "accepted", needed: false), Texts(diagnosis, "partial", needed: false),
            [.. Each(diagnosis, "differentials", "name", "accepted", "why").Select(d => new CaseDifferential(Needed(d, "name"), Texts(d, "accepted", needed: false), Needed(d, "why")))],
            Texts(diagnosis, "secrets"));
    }

    private CasePlanItem PlanItem(YamlMembers item) =>
        new(Needed(item, "id"), Needed(item, "text"), Word(item, "kind", CaseWords.PlanKinds), Texts(item, "match"), Needed(item, "why"));

    private CaseRubric Rubric()
    {
        if (_case.Map("rubric")?.Only("history", "examination", "investigations", "diagnosis", "plan", "communication", "efficiency") is not { } rubric)
        {
            Missing(_case, "rubric");
            return new();
        }

        return new(
            Whole(rubric, "history", 0, 100), Whole(rubric, "examination", 0, 100), Whole(rubric, "investigations", 0, 100), Whole(rubric, "diagnosis", 0, 100), Whole(rubric, "plan", 0, 100),
            Whole(rubric, "communication", 0, 100), Whole(rubric, "efficiency", 0, 100));
    }

    private IEnumerable<YamlMembers> Each(string member, params string[] known)
    {
        if (!_case.Has(member))
        {
            Missing(_case, member);
        }

        return Each(_case, member, known);
    }

    private IEnumerable<YamlMembers> Each(YamlMembers map, string member, params string[] known)
    {
        if (map.Find(member) is not { } node)
        {
            yield break;
        }

        if (node is not YamlSequenceNode list)
        {
            map.Wrong(member, $"'{member}' must be a list, each with {string.Join(", ", known)}.");
            yield break;
        }

        foreach (var child in list.Children)
        {
            if (child is YamlMappingNode members)
            {
                yield return new YamlMembers(_file, members, member).Only(known);
            }
            else
            {
                _file.Wrong(child, $"Each of '{member}' must be a map with {string.Join(", ", known)}.");
            }
        }
    }

    private string Needed(YamlMembers map, string member)
    {
        if (map.Text(member) is { } text && text.Trim().Length > 0)
        {
            return text.Trim();
        }

        Missing(map, member);
        return "";
    }

    private int Whole(YamlMembers map, string member, int least, int most)
    {
        if (!map.Has(member))
        {
            Missing(map, member);
        }

        return map.Whole(member, least, most) ?? least;
    }

    private string Word(YamlMembers map, string member, string[] known)
    {
        var word = Needed(map, member);
        if (word.Length > 0 && !known.Contains(word, StringComparer.Ordinal))
        {
            map.Wrong(member, $"'{member}' is '{word}'; it must be one of: {string.Join(", ", known)}.");
        }

        return word;
    }

    private List<string> Texts(YamlMembers map, string member, bool needed = true)
    {
        if (needed && !map.Has(member))
        {
            Missing(map, member);
        }

        return map.Texts(member).ConvertAll(t => t.Text.Trim());
    }

    private void Missing(YamlMembers map, string member)
    {
        if (!map.Has(member))
        {
            map.Wrong(member, $"The member '{member}' is missing{(map.Name.Length == 0 ? "" : $" in '{map.Name}'")}.");
        }
        else if (map.Find(member) is YamlScalarNode)
        {
            map.Wrong(member, $"'{member}' is empty.");
        }
    }
}
