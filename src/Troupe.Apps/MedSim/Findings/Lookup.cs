using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>Finds what a student wants to examine or to order: the case's own finding, what is normal for this patient, what is not available here, or a
/// question which is meant. It answers with a result only where one thing alone can be meant. Deterministic; thread-safe.</summary>
internal sealed class Lookup
{
    private const int MaxChoices = 8;
    private const int MaxSaid = 200;

    private static readonly ConditionalWeakTable<PatientCase, Lookup[]> Made = [];
    private static readonly FrozenSet<string> Sides = FrozenSet.Create(StringComparer.Ordinal, "left", "right", "side");
    private static readonly string[] Paired = ["leg", "knee", "hand", "foot", "hip", "arm", "eye", "kidney", "wrist", "ankle", "shoulder", "breast", "testis", "carotid", "temple"];

    private readonly List<Place> _places;
    private readonly Dictionary<string, List<(Place Place, string[] Key)>> _names = new(StringComparer.Ordinal);
    private readonly TestSpelling _spelling;
    private readonly HashSet<string> _patient;
    private readonly bool _isTest;

    private Lookup(PatientCase read, bool isTest)
    {
        _isTest = isTest;
        _places = CasePlaces.Of(read, isTest);
        foreach (var place in _places)
        {
            foreach (var key in place.Keys)
            {
                foreach (var word in key)
                {
                    (_names.TryGetValue(word, out var names) ? names : _names[word] = []).Add((place, key));
                }
            }
        }

        _spelling = new TestSpelling(CasePlaces.StemsOf(read, isTest).Concat(TestName.Known));
        _patient = TestWords.StemsOf(read.Patient.Name).Where(s => !_spelling.Knows(s)).ToHashSet(StringComparer.Ordinal);
    }

    public static Lookup Examinations(PatientCase read) => Of(read)[0];

    public static Lookup Tests(PatientCase read) => Of(read)[1];

    public LookupAnswer Find(string what)
    {
        List<string> stems = [.. TestWords.StemsOf(what.Length <= MaxSaid ? what : what[..MaxSaid]).Where(s => !_patient.Contains(s)).SelectMany(_spelling.Mend)];
        var first = Settle(TestName.KeyOf(stems));
        if (first is { Status: not LookupAnswer.Which })
        {
            return first;
        }

        // As it may have been meant: words joined that are written as one.
        return Joined(stems) is { } joined && Settle(TestName.KeyOf(joined)) is { } then && (first is null || then.Status != LookupAnswer.Which) ? then : first ?? new(LookupAnswer.NotKnown);
    }

    private static Lookup[] Of(PatientCase read) => Made.GetValue(read, static c => [new Lookup(c, false), new Lookup(c, true)]);

    private List<string>? Joined(List<string> stems)
    {
        List<string> joined = [.. stems];
        for (var i = 0; i + 1 < joined.Count; i++)
        {
            if (_spelling.Mend(joined[i] + joined[i + 1]).ToList() is [var one] && _spelling.Knows(one))
            {
                joined[i] = one;
                joined.RemoveAt(i + 1);
            }
        }

        return joined.Count < stems.Count ? joined : null;
    }

    /// <summary>What is meant by these words; null where nobody knows.</summary>
    private LookupAnswer? Settle(string[] said)
    {
        string[] telling = [.. said.Where(w => _names.ContainsKey(w) || !(IsIdle(w) || w.All(char.IsDigit)))];
        if (telling.Length == 0)
        {
            return null;
        }

        if ((Exact(telling) ?? Exact([.. telling.Where(w => w != TestName.Blood)]) ?? Exact([.. telling.Where(w => w != "lookat" && !IsIdle(w))])) is { } exact)
        {
            return exact;
        }

        var (inside, around) = Near(telling);
        if (Array.Exists(telling, w => !_names.ContainsKey(w) && !IsHarmlessAnywhere(w)))
        {
            // A word that nobody knows may change everything.
            List<(Place Place, HashSet<string> Covered)> clear = [.. inside.Where(i => i.Covered.Count > 1)];
            return clear is [var own] && own.Place.Rank == Place.Own && Array.TrueForAll(telling, w => own.Covered.Contains(w) || IsHarmlessAnywhere(w) || (!_names.ContainsKey(w) && CommonWords.Stems.Contains(w))) ? own.Place.Answer
                : clear.Count > 0 ? Ask([.. clear.Select(c => c.Place)]) : null;
        }

        // More words than the name has: what is left over must be harmless, and nothing else may be named by it.
        var most = Foremost(inside);
        if (most is [var only] && Array.TrueForAll(telling, w => only.Covered.Contains(w) || IsHarmless(w, only.Place, only.Covered)))
        {
            return only.Place.Answer;
        }

        // What one thing alone has all the words for, where the others have but one of their own.
        if (most.FindAll(m => Array.TrueForAll(telling, w => IsIdle(w) || m.Place.Speaks(w))) is [var speaking] && most.TrueForAll(m => m.Place == speaking.Place || OwnWords(m.Covered, speaking.Covered) <= 1))
        {
            return speaking.Place.Answer;
        }

        // Fewer words than the names have.
        if (telling.Length > 1 && !Array.TrueForAll(telling, TestName.IsGeneral) && around is [var single] && single.Place.Rank < Place.Anywhere)
        {
            return single.Place.Answer;
        }

        return most.Count > 0 || around.Count > 0 ? Ask([.. most.Select(m => m.Place), .. around.Select(a => a.Place)]) : null;
    }

    /// <summary>How many words of one name the other leaves unexplained; of tests, how many it has at all.</summary>
    private int OwnWords(HashSet<string> covered, HashSet<string> other) => covered.Count(w => !TestName.IsEmpty(w) && (_isTest || !other.Contains(w)));

    private LookupAnswer? Exact(string[] key)
    {
        if (key.Length == 0 || !_names.TryGetValue(key[0], out var names))
        {
            return null;
        }

        List<Place> places = [.. names.Where(n => n.Key.AsSpan().SequenceEqual(key)).Select(n => n.Place).Distinct()];
        if (places.Count == 0 && !Array.TrueForAll(key, TestName.IsGeneral))
        {
            // A test of the blood whose name leaves that out.
            places = [.. names.Where(n => n.Key.Length == key.Length + 1 && n.Key.Contains(TestName.Blood, StringComparer.Ordinal) && Array.TrueForAll(key, w => n.Key.Contains(w, StringComparer.Ordinal))).Select(n => n.Place).Distinct()];
        }

        return places.Count == 0 ? null : OneOrAsk(Nearest(places));
    }

    /// <summary>The places whose names are in what was said, with the words which they explain; and those whose names have all of it and more.</summary>
    private (List<(Place Place, HashSet<string> Covered)> Inside, List<(Place Place, string[] Key)> Around) Near(string[] telling)
    {
        var isEmpty = Array.TrueForAll(telling, TestName.IsEmpty);
        var hits = new Dictionary<(Place Place, string[] Key), int>();
        foreach (var name in telling.Where(_names.ContainsKey).SelectMany(w => _names[w]))
        {
            hits[name] = hits.GetValueOrDefault(name) + 1;
        }

        List<(Place, HashSet<string>)> inside =
            [.. hits.Where(h => h.Value == h.Key.Key.Length && ((isEmpty && h.Key.Key.Length > 1) || !Array.TrueForAll(h.Key.Key, TestName.IsEmpty))).GroupBy(h => h.Key.Place).Select(g => (g.Key, g.SelectMany(h => h.Key.Key).ToHashSet(StringComparer.Ordinal)))];
        List<(Place, string[])> around = [.. hits.Where(h => h.Value == telling.Length).Select(h => h.Key).GroupBy(n => n.Place).Select(g => g.MinBy(n => n.Key.Length))];
        return (inside, around);
    }

    /// <summary>Those that explain what no other explains; of those that explain the same, the nearest to the case.</summary>
    private static List<(Place Place, HashSet<string> Covered)> Foremost(List<(Place Place, HashSet<string> Covered)> inside) =>
        [.. inside.Where(i => !inside.Exists(o => o.Place != i.Place && (o.Covered.IsProperSupersetOf(i.Covered) || (o.Place.Rank < i.Place.Rank && o.Covered.SetEquals(i.Covered)))))];

    private static List<Place> Nearest(List<Place> places) => places.FindAll(p => p.Rank == places.Min(o => o.Rank));

    /// <summary>Whether a word may stand beside the name of a place and change nothing.</summary>
    private bool IsHarmless(string word, Place place, HashSet<string> covered)
    {
        var clear = covered.Any(w => !TestName.IsGeneral(w));
        if (word is TestName.Blood or "lookat" || IsIdle(word) || (place.Speaks(word) && !Sides.Contains(word)) || (TestName.IsReason(word) && clear))
        {
            return true;
        }

        // What is not to be had is not to be had of any part.
        if (place.Rank == Place.Missing && clear && !Sides.Contains(word))
        {
            return true;
        }

        return _isTest
            ? (word == TestName.Scan && place.Answer.Group == "imaging") || (word == "noncontrast" && !place.Speaks("contrast")) || (Sides.Contains(word) && Array.Exists(Paired, covered.Contains))
            : Sides.Contains(word) || TestName.IsFinding(word) || (word == "feel" && !place.Speaks("listen"));
    }

    private bool IsHarmlessAnywhere(string word) => IsIdle(word) || Sides.Contains(word) || TestName.IsReason(word) || (!_isTest && TestName.IsFinding(word)) || word is TestName.Blood or "lookat" or "noncontrast" or TestName.Scan;

    private static bool IsIdle(string word) => TestName.IsIdle(word) && !Sides.Contains(word);

    /// <summary>The answer where one alone is meant; else which may be.</summary>
    private static LookupAnswer OneOrAsk(List<Place> places) => places is [var one] ? one.Answer : Ask(places);

    private static LookupAnswer Ask(List<Place> places) =>
        new(LookupAnswer.Which, Choices: [.. places.Select(p => p.Answer.Name).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase).Take(MaxChoices)]);
}
