namespace Troupe.Apps.MedSim.Cases;

/// <summary>The words that members of a case file may have.</summary>
internal static class CaseWords
{
    public const string Offered = "offered";
    public const string Asked = "asked";
    public const string Precisely = "asked precisely";
    public const string Trusted = "after trust";

    public static readonly string[] Areas = ["complaint", "history", "medicines", "allergies", "family", "social", "systems", "ideas"];
    public static readonly string[] Tellings = [Offered, Asked, Precisely, Trusted];
    public static readonly string[] Personas = ["plain-spoken", "anxious", "terse", "rambling", "poor memory", "carer"];
    public static readonly string[] Sexes = ["male", "female"];
    public static readonly string[] PlanKinds = ["critical", "recommended", "neutral", "harmful"];
    public static readonly string[] Kinds = ["bedside", "blood", "urine", "imaging", "microbiology", "pathology", "function", "other"];

    public static readonly string[] Regions =
    [
        "general", "head", "eyes", "ears", "mouth", "neck", "chest", "heart", "abdomen", "back", "arms", "hands", "legs", "feet", "skin", "nerves", "mind", "pelvis", "genitals", "rectum",
        "lymph nodes", "joints",
    ];
}
