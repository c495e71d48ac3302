using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Osce;

/// <summary>Makes a case of one OSCE examination: sections and names vary, values nest, and what cannot be mapped is said.</summary>
internal sealed partial class OsceCaseBuilder
{
    private const int MaxFacts = 80;
    private const int MaxText = 600;
    private const int Minutes = 30;
    private const int Budget = 400;
    private const int ExaminationMinutes = 2;

    private static readonly string[] Known = ["Objective_for_Doctor", "Patient_Actor", "Physical_Examination_Findings", "Test_Results", "Correct_Diagnosis"];
    private static readonly string[] Surnames = ["Hale", "Brook", "Marsh", "Field", "Stone", "Reed", "Lane", "Moss", "Ford", "Dale", "Wood", "Hill", "Frost", "Vale", "Park", "Glen"];
    private static readonly string[] Women = ["Anna", "Clara", "Dora", "Edith", "Freya", "Grace", "Ida", "June"];
    private static readonly string[] Men = ["Adam", "Basil", "Conrad", "Daniel", "Ernest", "Felix", "George", "Hugo"];

    /// <summary>Sections that hold tests, and are none.</summary>
    private static readonly HashSet<string> Holders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Imaging", "Imaging Results", "Imaging Studies", "Blood Tests", "Blood Test", "Blood Work", "Laboratory Tests", "Laboratory Studies", "Laboratory Results", "Lab Results", "Labs", "Additional Tests", "Other Tests", "Special Tests", "Tests",
        "Radiography", "Biopsies", "Basic Labs", "Basic Investigations", "Routine Blood Tests", "Serum Studies", "Microbiology", "Head Imaging", "Serology", "Test Results", "Assessment Tools", "Urine", "Stool", "Special Test",
    };

    private readonly JsonElement _osce;
    private readonly JsonElement _actor;
    private readonly List<string> _unmapped = [];
    private readonly List<CaseFact> _facts = [];
    private readonly string _demographics;
    private readonly bool _isMale;
    private readonly bool _isCarer;
    private SecretWords? _secrets;

    public OsceCaseBuilder(JsonElement osce)
    {
        _osce = osce;
        _actor = osce.TryGetProperty("Patient_Actor", out var actor) && actor.ValueKind == JsonValueKind.Object ? actor : default;
        _demographics = _actor.ValueKind == JsonValueKind.Object && _actor.TryGetProperty("Demographics", out var text) ? OsceText.Flat(text) : "";
        _isMale = Male.IsMatch(_demographics) && !Female.IsMatch(_demographics);
        _isCarer = (PatientAge.YearsOf(_demographics) ?? 40) < 12;
        Id = "osce-" + Hashing.Of(osce.GetRawText()).ToString("x32", CultureInfo.InvariantCulture)[..10];
    }

    public string Id { get; }

    /// <summary>What could not be mapped.</summary>
    public IReadOnlyList<string> Unmapped => _unmapped;

    /// <summary>The member without which there is no case; null where all are there.</summary>
    public string? Missing =>
        _actor.ValueKind != JsonValueKind.Object ? "Patient_Actor"
        : !_osce.TryGetProperty("Correct_Diagnosis", out var diagnosis) || OsceText.Flat(diagnosis).Length == 0 ? "Correct_Diagnosis"
        : null;

    public PatientCase Build()
    {
        var diagnosis = Diagnosis();
        var primary = _actor.TryGetProperty("Symptoms", out var symptoms) && symptoms.ValueKind == JsonValueKind.Object && symptoms.TryGetProperty("Primary_Symptom", out var first) ? OsceText.Flat(first) : "";
        var draft = new PatientCase
        {
            Id = Id,
            Title = "",
            Specialty = "osce",
            Setting = "OSCE station",
            Task = Clean(_osce.TryGetProperty("Objective_for_Doctor", out var objective) ? OsceText.Flat(objective) : ""),
            Patient = new("", "", "", "", ""),
            Diagnosis = diagnosis,
            IsImported = true,
        };
        _secrets = SecretWords.Of(draft);
        Facts(primary);
        var speaker = _isCarer ? $"Mrs {SurnameOf()}, mother" : null;
        var secretFree = primary.Length > 0 && _secrets.FirstIn(primary) is null;
        return draft with
        {
            Title = secretFree ? $"{OsceText.Capital(_demographics)}: {Lower(Plain(primary))}" : OsceText.Capital(_demographics),
            Task = draft.Task.Length > 0 && _secrets.FirstIn(draft.Task) is null ? draft.Task : "Take a history, examine, order what is needed and name the diagnosis.",
            Minutes = Minutes,
            Budget = Budget,
            Patient = new(NameOf(), AgeOf(), _isMale ? "male" : "female", _isCarer ? "carer" : "plain-spoken", Opening(secretFree ? primary : ""), Speaker: speaker),
            Facts = _facts,
            Examination = Examination(),
            Tests = Tests(),
            Expert = $"The file says only that this is {diagnosis.Name}.",
            References = ["Imported OSCE case file."],
            Rubric = new CaseRubric(History: 35, Examination: 20, Investigations: 20, Diagnosis: 15, Plan: 0, Communication: 10, Efficiency: 0),
        };
    }

    private CaseDiagnosis Diagnosis()
    {
        var name = OsceText.Flat(_osce.GetProperty("Correct_Diagnosis")).Trim().TrimEnd('.').Replace('’', '\'');
        var bare = Parentheses.Replace(name, "").Trim();
        List<string> accepted = [bare, .. Parentheses.Matches(name).Select(m => m.Groups["inside"].Value.Trim()), bare.Replace("'s", "", StringComparison.Ordinal)];
        var telling = SpokenWords.Of(bare).Select(w => w.Text).Where(w => w.Length >= 7 && !WordTable.Usual.Knows(Stemmer.Stem(w)) && !Generic.Contains(w));
        return new(name, [.. accepted.Where(a => a.Length > 1).Distinct(StringComparer.OrdinalIgnoreCase)], [], [], [.. telling]);
    }

    private static readonly HashSet<string> Generic = new(StringComparer.Ordinal)
    {
        "disease", "syndrome", "disorder", "chronic", "advanced", "distress", "respiratory", "neonatal", "personality", "artery", "stenosis", "partial", "complex", "primary", "secondary", "congenital", "idiopathic", "progressive", "obstructive", "pulmonary", "malignant", "bilateral",
        "multiple", "infectious", "stomach", "gastric", "papillary", "general", "interstitial", "essential", "rupture", "tendon", "insertion", "function", "profundus", "positional", "paroxysmal", "change", "minimal", "silent", "double", "situational", "duodenal", "cardiac", "disseminated", "abdominal",
    };

    private void Facts(string primary)
    {
        if (primary.Length > 0)
        {
            Add("complaint", CaseWords.Offered, primary, "main-complaint", ["main problem", "what brings you in", "what is wrong"]);
        }

        if (Particulars.IsMatch(_demographics))
        {
            Add("history", CaseWords.Asked, _isCarer ? $"About {(_isMale ? "him" : "her")}: {Lower(_demographics)}" : $"About me: {Lower(_demographics)}", "Demographics", ["pregnancy", "how far along", "how many weeks", "birth", "weigh", "what is your job"]);
        }

        foreach (var member in _actor.EnumerateObject().Where(m => m.Name != "Demographics"))
        {
            var name = OsceText.NameOf(member.Name);
            if (member.Name == "Symptoms" && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var symptom in member.Value.EnumerateObject().Where(s => s.Name != "Primary_Symptom"))
                {
                    AddEach("systems", symptom.Value, OsceText.NameOf(symptom.Name));
                }
            }
            else
            {
                AddEach(AreaOf(name), member.Value, name);
            }
        }

        foreach (var other in _osce.EnumerateObject().Where(m => !Known.Contains(m.Name, StringComparer.Ordinal)))
        {
            _unmapped.Add($"{OsceText.NameOf(other.Name)}: there is no place for it in a case.");
        }
    }

    private void AddEach(string area, JsonElement value, string name)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    AddEach(AreaOf(OsceText.NameOf(member.Name)) is var own && own != "history" ? own : area, member.Value, $"{name}, {OsceText.NameOf(member.Name)}");
                }

                return;

            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    AddEach(area, element, name);
                }

                return;
        }

        var text = OsceText.Flat(value);
        if (OsceText.IsEmpty(text))
        {
            _unmapped.Add($"{name}: '{Shorten(text)}' says nothing.");
            return;
        }

        foreach (var sentence in Speech.Sentences(text))
        {
            if (OsceText.IsEmpty(sentence))
            {
                _unmapped.Add($"{name}: '{Shorten(sentence)}' says nothing.");
            }
            else
            {
                AddSentence(area, name, sentence);
            }
        }
    }

    /// <summary>A list of denials is as many facts, because each is asked for by itself.</summary>
    private void AddSentence(string area, string name, string sentence)
    {
        if (Denied.Match(sentence) is { Success: true } denied && denied.Groups["what"].Value.Split([", or ", ", and ", " or ", ", ", " and "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 1 } parts
            && parts.All(p => SpokenWords.Of(p).Count <= 6))
        {
            foreach (var part in parts)
            {
                Add(AreaFor(area, part), CaseWords.Asked, $"Denies {part}", name);
            }

            return;
        }

        Add(AreaFor(area, sentence), CaseWords.Asked, sentence, name);
    }

    private void Add(string area, string told, string sentence, string name, string[]? about = null)
    {
        var text = OsceText.InOwnWords(Plain(sentence), _isCarer, _isMale);
        if (_secrets!.FirstIn(text) is { } secret)
        {
            _unmapped.Add($"{name}: '{Shorten(sentence)}' says '{secret}', a word of the diagnosis, and is left out.");
            return;
        }

        if (_facts.Count >= MaxFacts || text.Length > MaxText)
        {
            _unmapped.Add($"{name}: '{Shorten(sentence)}' is too much.");
            return;
        }

        if (_facts.Exists(f => f.Text == text))
        {
            return;
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"{area}-{_facts.Count + 1}");
        _facts.Add(new CaseFact(id, area, told, text, [.. about ?? [], .. AboutOf(area, text)], $"Asks about: {Shorten(Lower(Plain(sentence)).TrimEnd('.'))}"));
    }

    /// <summary>What a sentence is about, besides its own words.</summary>
    private static IEnumerable<string> AboutOf(string area, string text)
    {
        var isComplaint = area is "complaint" or "systems";
        foreach (var (pattern, about) in Matters)
        {
            if (pattern.IsMatch(text))
            {
                yield return about;
            }
        }

        if (isComplaint && Sides.IsMatch(text))
        {
            yield return "where is it";
            yield return "which side";
        }

        if (area == "history" && !Surgical.IsMatch(text))
        {
            yield return "past illnesses";
        }
    }

    private static readonly (Regex Pattern, string About)[] Matters =
    [
        (Times, "when did it start"), (Surgical, "operations"), (MedicineWords, "medicines"), (AllergyWords, "allergies"), (FamilyWords, "family history"), (WorseWords, "what makes it worse"), (BetterWords, "what makes it better"),
        (SeverityWords, "how bad is it"), (OftenWords, "how often"), (DoingWords, "what were you doing"), (WorkWords, "what is your job"), (HomeWords, "who do you live with"), (TravelWords, "travel abroad"), (LikeWords, "what does it feel like"),
    ];

    private static string AreaOf(string name) => name.ToLowerInvariant() switch
    {
        var n when n.Contains("medication", StringComparison.Ordinal) || n.Contains("drug", StringComparison.Ordinal) => "medicines",
        var n when n.Contains("allerg", StringComparison.Ordinal) => "allergies",
        var n when n.Contains("family", StringComparison.Ordinal) => "family",
        var n when n.Contains("social", StringComparison.Ordinal) || n.Contains("smoking", StringComparison.Ordinal) || n.Contains("alcohol", StringComparison.Ordinal) || n.Contains("occupation", StringComparison.Ordinal) => "social",
        var n when n.Contains("review", StringComparison.Ordinal) || n.Contains("symptom", StringComparison.Ordinal) => "systems",
        var n when n == "history" || n.Contains("present", StringComparison.Ordinal) || n.Contains("complaint", StringComparison.Ordinal) => "complaint",
        _ => "history",
    };

    private static string AreaFor(string area, string sentence) =>
        AllergyWords.IsMatch(sentence) ? "allergies"
        : area is "history" or "social" && FamilyWords.IsMatch(sentence) ? "family"
        : area is "history" && MedicineWords.IsMatch(sentence) ? "medicines"
        : area;

    private List<CaseFinding> Examination()
    {
        var findings = new List<CaseFinding>();
        if (!_osce.TryGetProperty("Physical_Examination_Findings", out var sections) || sections.ValueKind != JsonValueKind.Object)
        {
            _unmapped.Add("Physical examination: there is none.");
            return findings;
        }

        foreach (var section in sections.EnumerateObject())
        {
            var name = OsceText.NameOf(section.Name);
            var text = OsceText.Flat(section.Value);
            if (text.Length == 0)
            {
                _unmapped.Add($"{name}: it is empty.");
                continue;
            }

            List<string> synonyms = section.Value.ValueKind == JsonValueKind.Object
                ? [.. section.Value.EnumerateObject().Select(m => OsceText.NameOf(m.Name)).Where(n => !Ways.IsMatch(n)).Distinct(StringComparer.OrdinalIgnoreCase)] : [];
            findings.Add(new CaseFinding(IdOf(name, findings.Count), name, RegionOf(name), synonyms, text + (text.EndsWith('.') ? "" : "."), ExaminationMinutes, 1));
        }

        return findings;
    }

    private List<CaseTest> Tests()
    {
        var tests = new List<CaseTest>();
        if (_osce.TryGetProperty("Test_Results", out var results) && results.ValueKind == JsonValueKind.Object)
        {
            AddTests(tests, results, "");
        }

        return tests;
    }

    private void AddTests(List<CaseTest> tests, JsonElement holder, string within)
    {
        foreach (var test in holder.EnumerateObject())
        {
            var name = OsceText.NameOf(test.Name);
            if (Holders.Contains(name) && test.Value.ValueKind == JsonValueKind.Object)
            {
                AddTests(tests, test.Value, name);
                continue;
            }

            if (Results.IsMatch(name))
            {
                // Findings that stand directly in a section are the section's.
                name = within;
            }

            var text = OsceText.Flat(test.Value);
            if (text.Length == 0 || name.Length == 0)
            {
                _unmapped.Add($"{(name.Length == 0 ? "Test results" : name)}: '{Shorten(text)}' is no test with a result.");
                continue;
            }

            if (tests.FindIndex(t => string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var there)
            {
                tests[there] = tests[there] with { Result = $"{tests[there].Result} {text}" };
                continue;
            }

            var item = Catalogue.All.FirstOrDefault(i => i.IsTest && i.Keys.Any(k => k.AsSpan().SequenceEqual(TestName.KeyOf(name))));
            tests.Add(new CaseTest(IdOf(name, tests.Count), name, item?.Group ?? KindOf(name, within), [], text + (text.EndsWith('.') ? "" : "."), item?.Cost ?? 30, item?.Minutes ?? 30, 1));
        }
    }

    private static string KindOf(string name, string within) =>
        $"{name} {within}".ToLowerInvariant() switch
        {
            var n when Images.IsMatch(n) => "imaging",
            var n when n.Contains("biopsy", StringComparison.Ordinal) || n.Contains("histolog", StringComparison.Ordinal) || n.Contains("smear", StringComparison.Ordinal) => "pathology",
            var n when n.Contains("culture", StringComparison.Ordinal) || n.Contains("swab", StringComparison.Ordinal) || n.Contains("scraping", StringComparison.Ordinal) => "microbiology",
            var n when n.Contains("urin", StringComparison.Ordinal) => "urine",
            var n when n.Contains("blood", StringComparison.Ordinal) || n.Contains("serum", StringComparison.Ordinal) || n.Contains("lab", StringComparison.Ordinal) => "blood",
            _ => "other",
        };

    private static string RegionOf(string name) => name.ToLowerInvariant() switch
    {
        var n when n.Contains("vital", StringComparison.Ordinal) || n.Contains("general", StringComparison.Ordinal) || n.Contains("growth", StringComparison.Ordinal) => "general",
        var n when n.Contains("abdom", StringComparison.Ordinal) => "abdomen",
        var n when n.Contains("neuro", StringComparison.Ordinal) || n.Contains("position", StringComparison.Ordinal) => "nerves",
        var n when n.Contains("mental", StringComparison.Ordinal) || n.Contains("psych", StringComparison.Ordinal) => "mind",
        var n when n.Contains("skin", StringComparison.Ordinal) || n.Contains("derm", StringComparison.Ordinal) => "skin",
        var n when n.Contains("cardi", StringComparison.Ordinal) => "heart",
        var n when n.Contains("resp", StringComparison.Ordinal) || n.Contains("chest", StringComparison.Ordinal) || n.Contains("pulmon", StringComparison.Ordinal) || n.Contains("breast", StringComparison.Ordinal) => "chest",
        var n when n.Contains("pelvi", StringComparison.Ordinal) || n.Contains("obstet", StringComparison.Ordinal) || n.Contains("gyn", StringComparison.Ordinal) => "pelvis",
        var n when n.Contains("genito", StringComparison.Ordinal) => "genitals",
        var n when n.Contains("rect", StringComparison.Ordinal) => "rectum",
        var n when n.Contains("eye", StringComparison.Ordinal) || n.Contains("ophth", StringComparison.Ordinal) => "eyes",
        var n when n.Contains("ent", StringComparison.Ordinal) || n.Contains("oral", StringComparison.Ordinal) => "mouth",
        var n when n.Contains("neck", StringComparison.Ordinal) => "neck",
        var n when n.Contains("lymph", StringComparison.Ordinal) => "lymph nodes",
        var n when n.Contains("hand", StringComparison.Ordinal) => "hands",
        var n when n.Contains("foot", StringComparison.Ordinal) => "feet",
        var n when n.Contains("leg", StringComparison.Ordinal) || n.Contains("lower", StringComparison.Ordinal) || n.Contains("knee", StringComparison.Ordinal) => "legs",
        var n when n.Contains("musc", StringComparison.Ordinal) => "joints",
        _ => "general",
    };

    private string Opening(string primary) =>
        primary.Length == 0 ? _isCarer ? $"I am worried about {(_isMale ? "him" : "her")}." : "I don't feel well, doctor."
        : _isCarer ? $"We came because of this: {Lower(Plain(primary)).TrimEnd('.')}."
        : $"I came because of this: {Lower(Plain(primary)).TrimEnd('.')}.";

    private string NameOf() => $"{(_isMale ? Men : Women)[Number(1) % Men.Length]} {SurnameOf()}";

    private string SurnameOf() => Surnames[Number(0) % Surnames.Length];

    private int Number(int place) => Convert.ToInt32(Id[(5 + (place * 2))..(7 + (place * 2))], 16);

    private string AgeOf() => Age.Match(_demographics) is { Success: true } age ? $"{age.Groups["number"].Value} {age.Groups["unit"].Value}s" : _demographics.Contains("newborn", StringComparison.OrdinalIgnoreCase) ? "1 days" : "40 years";

    private static string IdOf(string name, int count) =>
        new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-') is { Length: > 0 } id ? $"{id[..Math.Min(40, id.Length)]}-{count + 1}" : $"item-{count + 1}";

    private static string Plain(string text) => text.Replace('’', '\'').Replace("  ", " ", StringComparison.Ordinal);

    private static string Clean(string text) => text.Trim();

    private static string Lower(string text) => text.Length > 1 && char.IsUpper(text[0]) && !char.IsUpper(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;

    private static string Shorten(string text) => text.Length <= 80 ? text : TextRules.Mend(text[..80]) + "...";

    [GeneratedRegex(@"\b(male|man|boy|gentleman|he)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Male { get; }

    [GeneratedRegex(@"\b(female|woman|girl|lady|gravida|pregnan\w*|primigravid\w*|nulliparous)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Female { get; }

    [GeneratedRegex(@"\((?<inside>[^)]{1,60})\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parentheses { get; }

    [GeneratedRegex(@"^(the )?(patient )?(also )?(denies|denied|negative for|no episodes of|no history of|no)( any| having)? (?<what>.+?)\.?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Denied { get; }

    [GeneratedRegex(@"\b(ago|since|for the (past|last)|(past|last) (few )?\w+ (day|week|month|year|hour)s?|\d+[- ](day|week|month|year|hour)s?|(began|started|developed|onset|sudden|over the)|(two|three|four|five|six|seven|several|few) (day|week|month|year|hour)s)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Times { get; }

    [GeneratedRegex(@"\b(surg\w+|operat\w+|procedure|ectomy|\w+ectomy|repair|deliver\w+|cesarean|caesarean|hospital\w*)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Surgical { get; }

    [GeneratedRegex(@"\b(left|right|both sides|upper|lower|back|chest|head|neck|belly|abdom\w+|knee|hip|hand|finger|foot|feet|leg|arm|eye|ear|thigh|wrist|shoulder|face|groin|trunk|toe|toes|elbow|ankle|hands|legs|arms|joints?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sides { get; }

    [GeneratedRegex(@"\b(gestation\w*|gravid\w*|gravida|weeks|-g\b|lb|oz|nurse|born|delivery|from [A-Z])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Particulars { get; }

    [GeneratedRegex(@"\b(worse\w*|exacerbat\w*|aggravat\w*|trigger\w*|precipitat\w*|brought on)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WorseWords { get; }

    [GeneratedRegex(@"\b(better|reliev\w*|relief|improv\w*|alleviat\w*|resolv\w*|with rest)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BetterWords { get; }

    [GeneratedRegex(@"(\b\d+/10\b|\b(severe|severely|mild|moderate|intense|worst|out of 10)\b)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SeverityWords { get; }

    [GeneratedRegex(@"\b(times|every|daily|episodes?|twice|once|per day|per week|intermittent\w*|recurrent|frequent\w*|constant\w*)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OftenWords { get; }

    [GeneratedRegex(@"\b(while|during|immediately after|when (he|she|I)|upon|after (playing|eating|lifting|a|an|falling|being))\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DoingWords { get; }

    [GeneratedRegex(@"\b(works?|working|worked|retired|employed|student|teacher|nurse|engineer|driver|farmer|worker|programmer|job|occupation|profession|military|soldier|instructor)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WorkWords { get; }

    [GeneratedRegex(@"\b(lives?|living|married|single|divorced|widow\w*|wife|husband|partner|alone|children|household|daycare|day care|siblings?|first child|only child)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HomeWords { get; }

    [GeneratedRegex(@"\b(travel\w*|trips?|abroad|vacation\w*|returned from|visited|visit to|immigrat\w*|emigrat\w*)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TravelWords { get; }

    [GeneratedRegex(@"\b(sharp|dull|aching|ache|burning|stabbing|throbbing|crampy|cramping|colicky|pressure|shooting|described as|feels like|tight\w*|itchy|painless)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LikeWords { get; }

    [GeneratedRegex(@"\ballerg\w*\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AllergyWords { get; }

    [GeneratedRegex(@"\b(family history|mother|father|brother|sister|parents|uncle|aunt|grand\w+|siblings?|runs in)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FamilyWords { get; }

    [GeneratedRegex(@"\b(medications?|medicines?|medicated|takes|took|taking|prescribed|given|treated|therapy|natalizumab|lithium|tablets?|insulin|metformin|ibuprofen|aspirin|statin|inhaler|contracepti\w+|vitamins?|treated with|currently on)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MedicineWords { get; }

    [GeneratedRegex(@"^(inspection|palpation|percussion|auscultation|general|other|findings?|observation|appearance|inspection and palpation|other findings)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ways { get; }

    [GeneratedRegex(@"^(findings?|results?|comments?|impression|interpretation|summary|notes?)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Results { get; }

    [GeneratedRegex(@"x[- ]?ray|radiograph|\bct\b|\bmri\b|ultraso|imaging|echo|scan|barium|angiogra|doppler", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Images { get; }

    [GeneratedRegex(@"(?<number>\d{1,3})[\s-]*(?<unit>year|month|week|day)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Age { get; }
}
