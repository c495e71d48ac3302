using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Scoring;

/// <summary>Holds what a student wrote against what is accepted: word endings, spelling of small slips and order of words do not matter, a no does.</summary>
internal static partial class Answers
{
    public const string Full = "full";
    public const string Partial = "partial";
    public const string None = "none";

    private const int Slip = 6;

    private static readonly FrozenSet<string> Fillers = "a an the of in on with and to due by from at acute probable likely suspected possible patient has is it".Split(' ').Select(Stemmer.Stem).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What a diagnosis is worth. One that names several illnesses at once is worth half at most.</summary>
    public static string CreditOf(CaseDiagnosis diagnosis, string? given)
    {
        if (given is null)
        {
            return None;
        }

        var said = Clauses(given).ToList();
        var right = diagnosis.Accepted.Append(diagnosis.Name).Any(n => said.Exists(c => IsIn(c, n)));
        var others = diagnosis.Differentials.Count(d => said.Exists(c => d.Accepted.Append(d.Name).Any(n => IsIn(c, n) && !diagnosis.Accepted.Append(diagnosis.Name).Any(a => Words(a).ContainsAll(Words(n))))));
        return right && others == 0 ? Full
            : right || (others == 0 && diagnosis.Partial.Any(n => said.Exists(c => IsIn(c, n)))) ? Partial
            : None;
    }

    /// <summary>Whether a differential is among those that were named.</summary>
    public static bool Names(IReadOnlyList<string> given, CaseDifferential differential) =>
        given.SelectMany(Clauses).Any(c => differential.Accepted.Append(differential.Name).Any(n => IsIn(c, n)));

    /// <summary>The items that a plan means. Of two that the same words mean, the one with more of them counts.</summary>
    public static HashSet<string> Planned(string plan, IReadOnlyList<CasePlanItem> items)
    {
        var planned = new HashSet<string>(StringComparer.Ordinal);
        foreach (var clause in Clauses(plan))
        {
            var found = items.SelectMany(i => i.Match.Where(m => IsIn(clause, m)).Select(m => (i.Id, Words: Words(m)))).ToList();
            planned.UnionWith(found.Where(f => !found.Exists(o => o.Id != f.Id && o.Words.Count > f.Words.Count && o.Words.ContainsAll(f.Words))).Select(f => f.Id));
        }

        return planned;
    }

    /// <summary>Whether all telling words of a name stand in a clause, and are not denied.</summary>
    private static bool IsIn(string clause, string name)
    {
        var wanted = Words(name);
        if (wanted.Count == 0)
        {
            return false;
        }

        var words = SpokenWords.Of(clause).ConvertAll(w => Stemmer.Stem(w.Text));
        if (!wanted.TrueForAll(w => words.Exists(s => Same(s, w))))
        {
            return false;
        }

        // Denied before the name, or behind it: "no aspirin", "aspirin is not given".
        var first = words.FindIndex(s => wanted.Exists(w => Same(s, w)));
        var last = words.FindLastIndex(s => wanted.Exists(w => Same(s, w)));
        var before = string.Join(' ', SpokenWords.Of(clause).Take(first).Select(w => w.Text));
        var behind = string.Join(' ', SpokenWords.Of(clause).Skip(last + 1).Take(4).Select(w => w.Text));
        return !NotBefore.IsMatch(before) && !NotBehind.IsMatch(behind);
    }

    private static bool Same(string said, string wanted) =>
        said == wanted || (wanted.Length >= Slip && said.Length >= Slip - 1 && said[0] == wanted[0] && Spelling.Distance(said, wanted, 1) <= 1);

    private static List<string> Words(string name) => [.. SpokenWords.Of(name).Select(w => Stemmer.Stem(w.Text)).Where(w => !Fillers.Contains(w)).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> Clauses(string text) => Ends.Split(text).Select(c => c.Trim()).Where(c => c.Length > 0);

    private static bool ContainsAll(this List<string> words, List<string> others) => others.TrueForAll(words.Contains);

    [GeneratedRegex(@"[.;\n\r,!?]+(?!\d)|\bbut\b|\bthen\b|\bhowever\b|\band (?=give|start|begin|call|order|admit|refer|arrange|continue|prescribe|treat)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Ends { get; }

    [GeneratedRegex(@"\b(no|not|never|avoid|avoiding|withhold|withholding|hold|without|stop|stopping|discontinue|omit|refrain|against|contraindicated|instead of|rather than|unlikely|excluded|exclude|ruled out|rule out|do not|don t|nor|neither|less likely|delay)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotBefore { get; }

    [GeneratedRegex(@"^(is |are |was |should |must |would |will )?(be )?(not|never|contraindicated|avoided|unlikely|excluded|ruled out|withheld|harmful|dangerous)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NotBehind { get; }
}
