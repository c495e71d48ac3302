namespace Troupe.Apps.MedSim.Patient;

/// <summary>What is wrong with a reply; the words are what the log and a second asking say, never the secret itself.</summary>
internal static class Verdict
{
    public const string Leaked = "leaked";
    public const string Unasked = "told_unasked";
    public const string Contradicted = "contradicted";
    public const string Invented = "invented";
    public const string Empty = "empty";
    public const string TooLong = "too_long";
    public const string OutOfPart = "out_of_part";
}
