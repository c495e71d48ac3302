using System.Buffers;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Checks a reply against the facts before it is shown: leaked, told unasked, contradicted, invented. Deterministic; thread-safe.</summary>
internal sealed partial class ReplyCheck
{
    private const int MaxReply = 1200;

    /// <summary>How many telling words may stand beside a courtesy.</summary>
    private const int MaxBeside = 2;

    private static readonly SearchValues<char> ClauseEnds = SearchValues.Create(",;:—–");

    private static readonly ConditionalWeakTable<PatientCase, ReplyCheck> Checks = [];

    private readonly SecretWords _secrets;
    private readonly List<FactSense> _facts;
    private readonly FactSense _opening;
    private readonly FrozenSet<string> _findingPieces;
    private readonly FrozenSet<string> _findingSentences;
    private readonly FrozenSet<string> _findingNumbers;
    private readonly FrozenSet<string> _clinicalWords;
    private readonly FrozenSet<string> _persona;

    private ReplyCheck(PatientCase read)
    {
        _secrets = SecretWords.Of(read);
        _facts = [.. read.Facts.Select(f => new FactSense(f.Id, f.Text, string.Join(' ', f.About)))];
        _opening = new FactSense("", read.Patient.Opening, "");
        var findings = read.Examination.Select(e => e.Finding).Concat(read.Tests.SelectMany(t => new[] { t.Result, t.Trace ?? "" })).ToList();
        var said = string.Join('\n', read.Facts.Select(f => f.Text).Append(read.Patient.Opening));
        var saidPieces = Pieces(said).ToHashSet(StringComparer.Ordinal);
        _findingPieces = findings.SelectMany(Pieces).Where(p => !saidPieces.Contains(p)).ToFrozenSet(StringComparer.Ordinal);
        var saidSentences = Speech.Sentences(said).Select(SpokenWords.Fold).ToHashSet(StringComparer.Ordinal);
        _findingSentences = findings.SelectMany(Speech.Sentences).Select(SpokenWords.Fold).Where(s => IsLong(s) && !saidSentences.Contains(s)).ToFrozenSet(StringComparer.Ordinal);
        var saidNumbers = NumbersOf(said).Select(n => n.Number).ToHashSet(StringComparer.Ordinal);
        _findingNumbers = findings.SelectMany(NumbersOf).Select(n => n.Number).Where(n => n.Length >= 2 && !saidNumbers.Contains(n)).ToFrozenSet(StringComparer.Ordinal);
        var saidStems = StemsOf(said).ToHashSet(StringComparer.Ordinal);
        saidStems.UnionWith(StemsOf(string.Join(' ', read.Facts.SelectMany(f => f.About))));
        _clinicalWords = Clinical.Concat(findings.SelectMany(StemsOf).Where(s => s.Length >= 6 && char.IsLetter(s[0]) && !WordTable.Usual.Knows(s) && !CommonWords.Stems.Contains(s)))
            .Where(w => !saidStems.Contains(w)).ToFrozenSet(StringComparer.Ordinal);
        _persona = StemsOf($"{read.Patient.Name} {read.Patient.Age} {read.Patient.Occupation} {read.Patient.Speaker}").ToFrozenSet(StringComparer.Ordinal);
    }

    public static ReplyCheck For(PatientCase read) => Checks.GetValue(read, static c => new ReplyCheck(c));

    /// <summary>What is wrong with a reply; null for nothing.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="question">What was asked.</param>
    /// <param name="allowed">The ids of the facts that may be told now: those that were told before, and those that are told with this reply.</param>
    /// <param name="told">The ids of the facts that are to be told now.</param>
    public string? Fault(string reply, string question, IReadOnlySet<string> allowed, IReadOnlyList<string> told)
    {
        if (reply.Trim().Length == 0)
        {
            return Verdict.Empty;
        }

        if (reply.Length > MaxReply)
        {
            return Verdict.TooLong;
        }

        if (OutOfPart.IsMatch(reply))
        {
            return Verdict.OutOfPart;
        }

        if (Leaks(reply, question))
        {
            return Verdict.Leaked;
        }

        var known = _facts.Where(f => allowed.Contains(f.Id)).Append(_opening).ToList();
        var asked = Speech.Read(question);
        var sentences = Speech.Sentences(reply).ConvertAll(s => new Sentence(s));
        return sentences.Select(s => FaultOf(s, known, asked, told)).OfType<string>().FirstOrDefault();
    }

    /// <summary>The fact among those told that a summary gets wrong; null where it gets none wrong.</summary>
    public string? Misquotes(string summary, IReadOnlySet<string> told)
    {
        foreach (var sentence in Speech.Sentences(summary).ConvertAll(s => new Sentence(s)))
        {
            var wrong = _facts.Find(f => told.Contains(f.Id) && f.NearnessOf(sentence) >= 0.6 && f.SharedOf(sentence) >= 2 && f.Contradicts(sentence));
            if (wrong is not null)
            {
                return wrong.Id;
            }
        }

        return null;
    }

    private string? FaultOf(Sentence sentence, List<FactSense> known, List<Token> asked, IReadOnlyList<string> told)
    {
        if (known.Exists(k => k.Says(sentence)))
        {
            return null;
        }

        if (known.Exists(k => k.IsTurnedIn(sentence)))
        {
            return Verdict.Contradicted;
        }

        if (_findingSentences.Contains(sentence.Folded) && !known.Exists(k => k.NearnessOf(sentence) >= 0.8))
        {
            return Verdict.Leaked;
        }

        var nearest = known.Select(k => (Fact: k, Nearness: k.NearnessOf(sentence) + (told.Contains(k.Id, StringComparer.Ordinal) ? 0.05 : 0))).MaxBy(k => k.Nearness);
        if (sentence.Tokens.Count > 0 && IsLong(sentence.Folded) && _facts.Exists(f => !known.Contains(f) && (f.Says(sentence) || (nearest.Nearness < 0.6 && f.IsTurnedIn(sentence)))))
        {
            return Verdict.Unasked;
        }

        if (IsEvasive(sentence) && !sentence.Tokens.Exists(IsMedical))
        {
            return null;
        }

        foreach (var other in _facts.Where(f => !known.Contains(f)))
        {
            var nearness = other.NearnessOf(sentence);
            if (nearness >= 0.5 && nearness > nearest.Nearness + 0.15 && !IsEvasive(sentence)
                && (other.SharedOf(sentence) >= 2 || (nearness >= 0.9 && !sentence.Tokens.Exists(t => known.Exists(k => k.Mentions(t))))))
            {
                return other.Contradicts(sentence) && nearness < 0.8 ? Verdict.Contradicted : Verdict.Unasked;
            }
        }

        // What a nearer fact says just so, such as that there is no such pain, is not held against one that has another.
        var agrees = nearest.Nearness >= 0.8 && !nearest.Fact.Contradicts(sentence);
        if (known.Exists(k => k.NearnessOf(sentence) >= 0.34 && k.SharedOf(sentence) >= 1 && k.Contradicts(sentence) && !(agrees && k.NearnessOf(sentence) < nearest.Nearness)))
        {
            return Verdict.Contradicted;
        }

        // What the patient does not know is not made up by denying that it is known.
        if (IsEvasive(sentence))
        {
            return null;
        }

        return Invents(sentence, known, asked) ?? HiddenConcept(sentence, known, asked);
    }

    private bool Leaks(string reply, string question)
    {
        if (_secrets.FirstIn(reply) is not null)
        {
            return true;
        }

        if (NumbersOf(reply).Any(n => _findingNumbers.Contains(n.Number) && (n.Number.Contains('.', StringComparison.Ordinal) || n.Number.Contains('/', StringComparison.Ordinal) || Measured.IsMatch(reply))))
        {
            return true;
        }

        var pieces = Pieces(reply).ToList();
        return pieces.Exists(_findingPieces.Contains) || StemsOf(reply).Any(s => _clinicalWords.Contains(s)) || TestTalk.IsMatch(reply);
    }

    /// <summary>A thing that is said to be so, and that no fact that may be told says.</summary>
    private string? Invents(Sentence sentence, List<FactSense> known, List<Token> asked)
    {
        foreach (var token in sentence.Tokens.Where(t => !t.Negated && IsMedical(t)))
        {
            if (!known.Exists(k => token.Is(WordKind.Drug) && !IsAnyDrug(token) ? k.Names(token) : k.Mentions(token)) && !(sentence.IsQuestion && asked.Exists(a => a.Meets(token) >= 0.9)))
            {
                return Verdict.Invented;
            }
        }

        foreach (var part in sentence.Tokens.Where(t => !t.Negated && t.Is(WordKind.Body) && Owned.IsMatch(sentence.Text[..t.Start])))
        {
            if (HasSomething.IsMatch(sentence.Text) && !known.Exists(k => k.Mentions(part)) && !asked.Exists(a => a.Meets(part) >= 0.9))
            {
                return Verdict.Invented;
            }
        }

        foreach (var (number, _) in NumbersOf(sentence.Text))
        {
            if (!known.Exists(k => k.Numbers.Contains(number)) && !_persona.Contains(number) && number is not ("1" or "one"))
            {
                return Verdict.Invented;
            }
        }

        return null;
    }

    /// <summary>Something denied that a fact which may not be told yet affirms, or the other way about.</summary>
    private string? HiddenConcept(Sentence sentence, List<FactSense> known, List<Token> asked)
    {
        foreach (var token in sentence.Tokens.Where(t => t.Negated && IsMedical(t)))
        {
            if (!known.Exists(k => token.Is(WordKind.Drug) && !IsAnyDrug(token) ? k.Names(token) : k.Mentions(token)) && _facts.Exists(f => f.Affirms(token)))
            {
                return asked.Exists(a => a.Meets(token) >= 0.6) ? Verdict.Contradicted : Verdict.Unasked;
            }
        }

        return null;
    }

    /// <summary>Whether it is a word for a kind of drugs, which a patient may use for one of them.</summary>
    private static bool IsAnyDrug(Token token) => token.Stems is [var only, ..] && KindsOfDrugs.Contains(only);

    private static readonly FrozenSet<string> KindsOfDrugs =
        "painkiller painkillers pain antibiotic antibiotics steroid steroids statin statins diuretic antidepressant antihistamine iron hormones thinner thinners blood sleeping water tablet tablets pill pills new bladder beta".Split(' ').Select(Stemmer.Stem).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a sentence says no more than that something is not known or not told, or is a courtesy.</summary>
    private static bool IsEvasive(Sentence sentence)
    {
        var covered = new List<(int From, int To)>();
        foreach (Match match in NotKnown.Matches(sentence.Text))
        {
            // What is not known follows, to the end of the clause.
            var end = sentence.Text.AsSpan(match.Index + match.Length).IndexOfAny(ClauseEnds);
            covered.Add((match.Index, end < 0 ? sentence.Text.Length : match.Index + match.Length + end));
        }

        covered.AddRange(Courtesy.Matches(sentence.Text).Select(m => (m.Index, m.Index + m.Length)));
        return covered.Count > 0 && sentence.Tokens.Count(t => !covered.Exists(c => t.Start >= c.From && t.End <= c.To)) <= MaxBeside;
    }

    /// <summary>Whether a folded sentence has words enough to be known again.</summary>
    private static bool IsLong(string folded) => folded.AsSpan().Count(' ') >= 2;

    private static bool IsMedical(Token token) => Array.Exists(token.Concepts, c => c.Kind is WordKind.Symptom or WordKind.Illness or WordKind.Drug or WordKind.Test
        || c.Name is "smoking" or "alcohol" or "streetdrugs" or "travel" or "operations" or "injury" or "animals" or "vaccines") && !Array.Exists(token.Concepts, c => Ordinary.Contains(c.Name));

    /// <summary>Concepts whose words mean something else as often as not.</summary>
    private static readonly FrozenSet<string> Ordinary = new[]
    {
        "vision", "hearing", "speech", "voice", "vomit", "nervousness", "mood", "heatintolerance", "molechange", "hair", "mole", "scalp", "resultword", "earlier", "pale", "blue", "lump", "limp", "swallow", "concentrate",
        "saddle", "sleepwell", "weakness", "pain", "memory", "tired", "phlegm", "bowels", "skin", "work", "growth", "birth", "contactlens", "discharge", "infection", "sweat", "breathless", "erection",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Words of examinations and results that no patient says.</summary>
    private static readonly string[] Clinical =
    [
        .. ("auscultation palpation percussion murmur crackle crackles crepitations rhonchi bruit tachycardia tachycardic bradycardia hypotension hypotensive hypertensive febrile afebrile erythema erythematous oedema edema effusion infiltrate "
            + "consolidation opacity opacities lesion lesions stenosis occluded occlusion thrombus embolus embolism ischaemia ischemia ischaemic infarct infarction haemorrhage haemorrhagic haematoma leucocytosis neutrophilia thrombocytopenia anaemic "
            + "troponin creatinine bilirubin lactate bicarbonate haemoglobin hemoglobin platelets neutrophils eosinophils lymphocytes ferritin xanthochromia parasitaemia trophozoites saturation mmhg mmol peritonism guarding rigidity hepatomegaly splenomegaly "
            + "lymphadenopathy papilloedema nystagmus hemiparesis dysarthria aphasia photophobia papule papules macule macules plaque vesicle vesicles bulla bullae histology biopsy adenocarcinoma carcinoma melanoma sarcoma malignancy malignant metastasis metastases "
            + "benign atrophy hypertrophy ejection ventricle ventricular atrial tricuspid mitral aortic systolic diastolic sinus reciprocal prognosis aetiology etiology pathology diagnosis differential").Split(' ').Select(Stemmer.Stem),
    ];

    private static List<string> StemsOf(string text) => SpokenWords.Of(text).ConvertAll(w => Stemmer.Stem(w.Text));

    /// <summary>Runs of three telling words, as they would be read off a report.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        foreach (var sentence in Speech.Sentences(text))
        {
            var stems = Speech.Read(sentence).SelectMany(t => t.Stems).ToArray();
            for (var i = 0; i + 3 <= stems.Length; i++)
            {
                yield return string.Join(' ', stems[i..(i + 3)]);
            }
        }
    }

    private static IEnumerable<(string Number, string Unit)> NumbersOf(string text) => Quantities.In(text);

    [GeneratedRegex(@"\b(mm ?hg|mmol|µmol|umol|mg|ng|µg|g/l|u/l|beats|bpm|per cent|percent|degrees|°|%|x10|/min|ml|kpa|msec|ms)\b|%", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Measured { get; }

    [GeneratedRegex(
        @"\b(as an ai|language model|i('m| am) (just |only )?(an ai|a (bot|program|simulation|computer|model|virtual))|system prompt|my (instructions|prompt|persona|facts)|i was (told|instructed) (to|not to|that i)|i('m| am) (playing|pretending|role-?playing|acting|simulating)|in character|\{|\}|```|<\w+>|the (case|scenario|script) (says|file))", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OutOfPart { get; }

    [GeneratedRegex(
        @"\b((my|the|his|her) (\w+ ){0,2}(ecg|ekg|x-?ray|scan|mri|ct|ultrasound|blood tests?|bloods|biopsy|test results?|results|lab results?|cultures?|swab|examination) (\w+ )?(show(s|ed)?|found|reveal(s|ed)?|came back|confirm(s|ed)?|says?|said|(is|was|were) (abnormal|positive|negative|normal|high|low|raised|bad|clear))|(they|the doctor|the doctors|the nurse|it) (found|showed|saw) (this|that|it|out|on)\b|(diagnos(is|ed) (is|was|with|as|me|him|her))|(the|my|his|her) diagnosis)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TestTalk { get; }

    [GeneratedRegex(
        @"\b(don't know|do not know|not sure|no idea|couldn't (say|tell)|could not (say|tell)|can't (say|tell|remember|recall)|cannot (say|tell|remember)|rather not|don't (remember|recall|understand|follow)|what do you mean|what does that mean|plain words|never heard|nobody (has )?told|you('re| are) the (doctor|expert)|you tell me|haven't been told|prefer not|another way|forget so much)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotKnown { get; }

    [GeneratedRegex(
        @"\b(let me (think|see)|where do i start|long story|i hope i have|(hope|does) (that|this|it) helps?|is that what you( meant?| wanted)?|that's (all|about (all|it))|all i can tell|thank you( for \w+)?|nice to meet you|of course|go ahead)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Courtesy { get; }

    /// <summary>Before a part of the body that is somebody's, or that something is wrong with.</summary>
    [GeneratedRegex(@"\b(my|his|her|both|left|right|swollen|sore|stiff|numb|painful|itchy|tender|puffy|aching|weak|cold|burning)\s+(\w+\s+)?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Owned { get; }

    [GeneratedRegex(@"\b(ha(d|ve|s)|'ve|'s got|get(s|ting)?|got|feels?|felt|hurts?|aches?|aching|sore|pains?|swollen|swells?|swelling|numb|lumps?|burn(s|ing)|tingl(es|ing)|stiff|stings?|itch(es|ing)?)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HasSomething { get; }

    /// <summary>A sentence of a reply.</summary>
    internal sealed class Sentence(string text)
    {
        public string Text { get; } = text;

        public List<Token> Tokens { get; } = Speech.Read(text);

        public bool IsQuestion { get; } = text.EndsWith('?');

        public string Folded { get; } = SpokenWords.Fold(text);

        public Wording Wording { get; } = new(text);

        public List<(string Number, string Unit)> Numbers { get; } = [.. Quantities.In(text)];
    }
}
