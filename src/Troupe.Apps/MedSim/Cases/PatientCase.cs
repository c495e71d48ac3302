using System.Text.Json.Serialization;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>A case: a patient, what is wrong, and what a student should do.</summary>
internal sealed record PatientCase
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    public required string Specialty { get; init; }

    /// <summary>1 easy, 2 middling, 3 hard.</summary>
    public int Difficulty { get; init; } = 2;

    public required string Setting { get; init; }

    public required string Task { get; init; }

    /// <summary>The case's own budget of case time.</summary>
    public int Minutes { get; init; }

    /// <summary>The case's own budget of money.</summary>
    public int Budget { get; init; }

    public required CasePatient Patient { get; init; }

    public IReadOnlyList<CaseFact> Facts { get; init; } = [];

    public IReadOnlyList<CaseFinding> Examination { get; init; } = [];

    public IReadOnlyList<CaseTest> Tests { get; init; } = [];

    public IReadOnlyList<string> Unavailable { get; init; } = [];

    public IReadOnlyList<string> Wasteful { get; init; } = [];

    public required CaseDiagnosis Diagnosis { get; init; }

    public IReadOnlyList<CasePlanItem> Plan { get; init; } = [];

    public IReadOnlyList<string> Hints { get; init; } = [];

    public string Expert { get; init; } = "";

    public IReadOnlyList<string> Teaching { get; init; } = [];

    public IReadOnlyList<string> References { get; init; } = [];

    public CaseRubric Rubric { get; init; } = new();

    /// <summary>Whether it was imported from a file that says less than ours.</summary>
    public bool IsImported { get; init; }

    /// <summary>A short hash of all that the case says.</summary>
    [JsonIgnore]
    public string Hash => field ??= Hashing.Of(System.Text.Json.JsonSerializer.Serialize(this, MedSimJson.Default.PatientCase)).ToString("x32", System.Globalization.CultureInfo.InvariantCulture)[..12];
}

/// <summary>Who the patient is, and who speaks.</summary>
internal sealed record CasePatient(string Name, string Age, string Sex, string Persona, string Opening, string? Occupation = null, string? Speaker = null)
{
    /// <summary>The age in years; a part of one for a small child.</summary>
    [JsonIgnore]
    public double Years => PatientAge.YearsOf(Age) ?? 40;

    /// <summary>Whether somebody else speaks for the patient.</summary>
    [JsonIgnore]
    public bool IsSpokenFor => Persona == "carer";
}

/// <summary>Something that the patient can tell.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Area">complaint, history, medicines, allergies, family, social, systems or ideas.</param>
/// <param name="Told">offered, asked, asked precisely or after trust.</param>
/// <param name="Text">The patient's words.</param>
/// <param name="About">What questions about it are about.</param>
/// <param name="Item">What the score sheet says; null where it is not scored.</param>
/// <param name="Weight">1 to 3.</param>
/// <param name="Critical">Whether missing it is a critical omission.</param>
/// <param name="Questions">Whole questions that it answers; null for none.</param>
internal sealed record CaseFact(
    string Id, string Area, string Told, string Text, IReadOnlyList<string> About, string? Item = null, int Weight = 1, bool Critical = false, IReadOnlyList<string>? Questions = null);

/// <summary>What an examination finds.</summary>
internal sealed record CaseFinding(string Id, string Name, string Region, IReadOnlyList<string> Synonyms, string Finding, int Minutes, int? Weight = null, bool Critical = false);

/// <summary>What a test shows.</summary>
internal sealed record CaseTest(string Id, string Name, string Kind, IReadOnlyList<string> Synonyms, string Result, int Cost, int Minutes, int? Weight = null, bool Critical = false, string? Trace = null);

/// <summary>What is wrong with the patient.</summary>
internal sealed record CaseDiagnosis(
    string Name, IReadOnlyList<string> Accepted, IReadOnlyList<string> Partial, IReadOnlyList<CaseDifferential> Differentials, IReadOnlyList<string> Secrets);

/// <summary>What else it could be.</summary>
internal sealed record CaseDifferential(string Name, IReadOnlyList<string> Accepted, string Why);

/// <summary>Something to do, or not to do.</summary>
internal sealed record CasePlanItem(string Id, string Text, string Kind, IReadOnlyList<string> Match, string Why);

/// <summary>What each area weighs; 100 together.</summary>
internal sealed record CaseRubric(
    int History = 30, int Examination = 15, int Investigations = 15, int Diagnosis = 15, int Plan = 10, int Communication = 10, int Efficiency = 5);
