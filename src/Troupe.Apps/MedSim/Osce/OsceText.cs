using System.Text.Json;
using System.Text.RegularExpressions;

namespace Troupe.Apps.MedSim.Osce;

/// <summary>Words of OSCE files: names of members, and sentences about a patient that become the patient's own.</summary>
internal static partial class OsceText
{
    /// <summary>Plain words for what no patient would say: our own table.</summary>
    private static readonly (string Word, string Plain)[] Plain =
    [
        ("dyspnea on exertion", "shortness of breath when I exert myself"), ("dyspnea", "shortness of breath"), ("dyspnoea", "shortness of breath"), ("pruritus", "itching"), ("pruritis", "itching"), ("pruritic", "itchy"), ("nonpruritic", "not itchy"),
        ("erythematous", "red"), ("erythema", "redness"), ("edema", "swelling"), ("oedema", "swelling"), ("syncope", "fainting"), ("emesis", "vomiting"), ("micturating", "passing urine"), ("micturition", "passing urine"), ("dysuria", "burning when passing urine"),
        ("hematuria", "blood in the urine"), ("haematuria", "blood in the urine"), ("melena", "black stools"), ("hematochezia", "blood in the stool"), ("hematemesis", "vomiting blood"), ("hemoptysis", "coughing up blood"), ("epistaxis", "nosebleeds"), ("myalgias", "muscle aches"),
        ("myalgia", "muscle aches"), ("arthralgias", "joint pain"), ("arthralgia", "joint pain"), ("diaphoresis", "sweating"), ("diaphoretic", "sweaty"), ("pyrexia", "fever"), ("febrile", "feverish"), ("lethargy", "tiredness"), ("malaise", "feeling unwell"), ("photophobia", "trouble with bright light"),
        ("paresthesias", "tingling"), ("paresthesia", "tingling"), ("diplopia", "double vision"), ("dysphagia", "trouble swallowing"), ("odynophagia", "pain on swallowing"), ("polyuria", "passing a lot of urine"), ("polydipsia", "great thirst"), ("nocturia", "getting up at night to pass urine"),
        ("amenorrhea", "no periods"), ("menses", "periods"), ("dyspareunia", "pain during sex"), ("menarche", "first period"), ("jaundice", "yellow skin"), ("lymphadenopathy", "swollen glands"), ("alopecia", "hair loss"), ("anorexia", "poor appetite"), ("orthopnea", "shortness of breath lying flat"),
        ("productive cough", "cough with phlegm"), ("rhinorrhea", "runny nose"), ("vertigo", "a spinning feeling"), ("ataxia", "unsteadiness"), ("hypertension", "high blood pressure"), ("hyperlipidemia", "high cholesterol"), ("tobacco", "tobacco"), ("illicit drugs", "street drugs"), ("illicit drug use", "street drugs"),
        ("abdominal distension", "a swollen belly"), ("distension", "swelling"), ("abdomen", "belly"), ("abdominal", "belly"), ("trauma", "injury"), ("exacerbated by", "made worse by"), ("alleviated by", "made better by"), ("unintentional weight loss", "weight loss without trying"), ("inguinal", "groin"),
        ("bilateral", "on both sides"), ("upper extremities", "arms"), ("lower extremities", "legs"), ("upper extremity", "arm"), ("lower extremity", "leg"), ("upper limb", "arm"), ("lower limb", "leg"), ("significant", "serious"), ("fatigue", "tiredness"), ("gravida", "pregnancies"),
    ];

    /// <summary>A member's name as people would say it.</summary>
    public static string NameOf(string member) => Spaces.Replace(member.Replace('_', ' '), " ").Trim();

    /// <summary>A value with all that nests in it, as one text.</summary>
    public static string Flat(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Trim(),
        JsonValueKind.Object => string.Join("; ", value.EnumerateObject().Select(m => (Name: NameOf(m.Name), Text: Flat(m.Value))).Where(m => m.Text.Length > 0)
            .Select(m => m.Name is "Findings" or "Finding" or "Result" or "Results" ? m.Text : $"{m.Name}: {m.Text}")),
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Flat)),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    /// <summary>Whether a text says only that nothing is said.</summary>
    public static bool IsEmpty(string text) => text.Length == 0 || Nothing.IsMatch(text);

    /// <summary>A sentence about a patient as the patient, or who speaks for the patient, says it.</summary>
    public static string InOwnWords(string sentence, bool isCarer, bool isMale)
    {
        var text = sentence.Trim().TrimEnd('.', ';', ',');
        foreach (var (word, plain) in Plain)
        {
            text = Regex.Replace(text, $@"\b{Regex.Escape(word)}\b", plain, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }

        var (subject, owner, him) = isCarer ? isMale ? ("he", "his", "him") : ("she", "her", "her") : ("I", "my", "me");
        text = Denies.Replace(text, isCarer ? $"{Capital(subject)} has had no " : "I have had no ");
        text = Reports.Replace(text, isCarer ? $"{Capital(subject)} has had " : "I have had ");
        text = ReportsThat.Replace(text, "");
        text = PatientsOwn.Replace(text, owner);
        text = Patient.Replace(text, Capital(subject));
        text = Owner.Replace(text, owner);
        if (!isCarer)
        {
            text = Third.Replace(text, "I");
            text = Him.Replace(text, him);
            text = IVerb.Replace(text, m => $"I {FirstPerson(m.Groups["verb"].Value)}");
            text = text.StartsWith("I ", StringComparison.Ordinal) ? AndVerb.Replace(text, m => $"{m.Groups["and"].Value}{FirstPerson(m.Groups["verb"].Value)}") : text;
        }

        text = DeniesAlso.Replace(text, isCarer ? "has had no " : "have had no ");
        text = NoThe.Replace(text, "no ");

        return Capital(Spaces.Replace(text, " ").Trim()) + ".";
    }

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static string FirstPerson(string verb) => verb switch
    {
        "has" => "have",
        "is" => "am",
        "was" => "was",
        "does" => "do",
        "denies" => "deny",
        "tries" => "try",
        "says" => "say",
        _ when verb.EndsWith("sses", StringComparison.Ordinal) || verb.EndsWith("ches", StringComparison.Ordinal) || verb.EndsWith("shes", StringComparison.Ordinal) => verb[..^2],
        _ when verb.EndsWith('s') && !verb.EndsWith("ss", StringComparison.Ordinal) && verb.Length > 3 => verb[..^1],
        _ => verb,
    };

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Spaces { get; }

    [GeneratedRegex(@"^\W*((information|details?|data)?\s*(not|none|no) (specific )?(provided|specified|available|reported|mentioned|applicable|known|given|details? provided)|(no|not any) (additional|further|other|specific) (symptoms|information|details|complaints|history)( \w+)? ?(provided|mentioned|reported|given|available)?|n/?a|none|unknown|unremarkable|non-?contributory)\W*( provided| mentioned| reported)?\W*$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Nothing { get; }

    [GeneratedRegex(@"^(the )?(patient |he |she |parents? |mother |father )?(also )?(denies|deny|denied|negative for|no reports? of|no complaints? of|no history of)( any| having)? ", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Denies { get; }

    [GeneratedRegex(@"^(the )?(patient |he |she )?(also )?(presents with|presented with|presenting with|reports?|reported|complains? of|complaining of|notes?|noted|describes?|experiences?|experienced|endorses?|admits? to|mentions?|positive for)( having| experiencing)? (?!that\b|she\b|he\b|to\b|for\b|adopting\b|wearing\b|being\b|feeling\b|taking\b|losing\b)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reports { get; }

    [GeneratedRegex(@"^(the )?(patient |he |she |parents? |mother |father |his mother |her mother )?(also )?(reports?|notes?|mentions?|states?|says|describes?|recalls?) that ", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ReportsThat { get; }

    [GeneratedRegex(@"\b(the |this )patient\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Patient { get; }

    [GeneratedRegex(@"\b(the |this )?patient's\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PatientsOwn { get; }

    [GeneratedRegex(@"(?<and>\b(and|but)( (also|currently|now|often|usually|sometimes|recently|regularly|rarely|occasionally))? )(?<verb>denies|feels|reports|notices|mentions|uses|takes|has|is|does|enjoys|drinks|smokes|lives|works|exercises|eats|finds|describes|states|sleeps|wakes|tries|wants|needs|thinks|believes)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AndVerb { get; }

    [GeneratedRegex(@"(?<=\b(and|but) )(denies|deny) (any |having )?", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex DeniesAlso { get; }

    [GeneratedRegex(@"\bno (an?|any|the) ", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NoThe { get; }

    [GeneratedRegex(@"\b(his|her|the patient's)\b(?= \w)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Owner { get; }

    [GeneratedRegex(@"\b(he|she)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Third { get; }

    [GeneratedRegex(@"\b(him|herself|himself|her)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Him { get; }

    [GeneratedRegex(@"\bI (?<verb>[a-z]+s)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IVerb { get; }
}
