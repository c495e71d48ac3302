namespace Troupe.Apps.MedSim.Findings;

/// <summary>A name of a test or an examination as names are compared: the set of its words, each in the one form of all that mean the same.</summary>
internal static class TestName
{
    /// <summary>What a name may say or leave out: that a test is one of the blood.</summary>
    public const string Blood = "blood";

    /// <summary>What tells nothing beside the kind of the scan.</summary>
    public const string Scan = "scan";

    private const int MaxPhrase = 5;

    private static readonly TestWords Table = TestWords.Read();

    /// <summary>The words of the table, as they may be meant by one that is spelled otherwise.</summary>
    public static IEnumerable<string> Known => Table.Known;

    /// <summary>Whether a word beside a name changes nothing.</summary>
    public static bool IsIdle(string word) => Table.Idle.Contains(word);

    /// <summary>Whether a word says nothing about which examination is meant, only what may be found.</summary>
    public static bool IsFinding(string word) => Table.Findings.Contains(word);

    /// <summary>Whether a word says why something is asked for, not what.</summary>
    public static bool IsReason(string word) => Table.Reasons.Contains(word);

    /// <summary>Whether a word could stand in any name, so that a name of nothing else is meant only where nothing else is said.</summary>
    public static bool IsEmpty(string word) => IsIdle(word) || IsFinding(word) || word is "lookat" or "feel" or "listen" or "tap" or "touch" or "squeeze" or Scan;

    /// <summary>Whether a word alone could be of many things: what is done, or what is taken.</summary>
    public static bool IsGeneral(string word) => Table.General.Contains(word);

    /// <summary>The words that tell one name from another; all of them where none does.</summary>
    public static string[] KeyOf(string name) => KeyOf(TestWords.StemsOf(name));

    public static string[] KeyOf(List<string> stems)
    {
        var words = InCommonForm(stems);
        var told = words.Exists(IsModality);
        string[] telling = [.. words.Where(w => !Table.Fillers.Contains(w) && !(told && w == Scan)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return telling.Length > 0 ? telling : [.. words.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static bool IsModality(string word) => word is "ct" or "mri" or "pet" or "ultrasound" or "xray" or "echo" or "doppler";

    /// <summary>The longest phrase of the table first.</summary>
    private static List<string> InCommonForm(List<string> stems)
    {
        var words = new List<string>();
        for (var i = 0; i < stems.Count;)
        {
            var length = Math.Min(MaxPhrase, stems.Count - i);
            string? common = null;
            while (length > 0 && !Table.Same.TryGetValue(length == 1 ? stems[i] : string.Join(' ', stems.GetRange(i, length)), out common))
            {
                length--;
            }

            words.Add(common ?? stems[i]);
            i += Math.Max(1, length);
        }

        return words;
    }
}
