using System.Runtime.CompilerServices;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>Finds what a student wants to examine or to order: the case's own finding, what is normal for this patient, what is not available here, or a
/// question which is meant. It answers with a result only where one thing alone can be meant. Deterministic; thread-safe.</summary>
internal sealed class Lookup
{
    private const int MaxChoices = 8;

    private static readonly ConditionalWeakTable<PatientCase, Lookup[]> Made = [];
    private static readonly HashSet<string> Everyday = new(CommonWords.Stems, StringComparer.Ordinal);

    private readonly List<Place> _places = [];
    private readonly Spelling _spelling;
    private readonly HashSet<string> _words;

    private Lookup(PatientCase read, bool isTest)
    {
        if (isTest)
        {
            foreach (var test in read.Tests)
            {
                _places.Add(new(new(LookupAnswer.Result, test.Name, test.Kind, test.Result, test.Cost, test.Minutes, test.Id, test.Trace), [.. test.Synonyms.Append(test.Name)], 0));
            }

            foreach (var name in read.Unavailable)
            {
                _places.Add(new(new(LookupAnswer.NotAvailable, Capital(name), "other"), [name], 1));
            }
        }
        else
        {
            foreach (var finding in read.Examination)
            {
                _places.Add(new(new(LookupAnswer.Result, finding.Name, finding.Region, finding.Finding, 0, finding.Minutes, finding.Id), [.. finding.Synonyms.Append(finding.Name)], 0));
            }
        }

        foreach (var item in Catalogue.All.Where(i => i.IsTest == isTest))
        {
            Add(item, read.Patient);
        }

        _words = _places.SelectMany(p => p.Keys).SelectMany(k => k).Concat(TestName.Known).ToHashSet(StringComparer.Ordinal);
        _spelling = new Spelling(_words);
    }

    public static Lookup Examinations(PatientCase read) => Of(read)[0];

    public static Lookup Tests(PatientCase read) => Of(read)[1];

    public LookupAnswer Find(string what)
    {
        var key = TestName.KeyOf(what.Length <= 200 ? what : what[..200]);
        if (key.Length == 0)
        {
            return new(LookupAnswer.NotKnown);
        }

        var first = Settle(key);
        if (first is not null && first.Status != LookupAnswer.Which)
        {
            return first;
        }

        // As it may have been meant: slips mended, and words joined that are written as one.
        return Settle(TestName.KeyOf(string.Join(' ', Joined([.. TestName.StemsOf(what).Select(_spelling.Mend)])))) is { } mended && (first is null || mended.Status != LookupAnswer.Which) ? mended
            : first ?? new(LookupAnswer.NotKnown);
    }

    private List<string> Joined(List<string> stems)
    {
        for (var i = 0; i + 1 < stems.Count; i++)
        {
            var one = Stemmer.Stem(stems[i] + stems[i + 1]);
            if (_words.Contains(one))
            {
                stems[i] = one;
                stems.RemoveAt(i + 1);
            }
        }

        return stems;
    }

    private static Lookup[] Of(PatientCase read) => Made.GetValue(read, static c => [new Lookup(c, false), new Lookup(c, true)]);

    /// <summary>What the case has under one of an item's names is that item under all its names, but for those that are another's of the case.</summary>
    private void Add(CatalogueItem item, CasePatient patient)
    {
        List<string[]> keys = [.. item.Synonyms.Append(item.Name).Select(TestName.KeyOf)];
        var name = TestName.KeyOf(item.Name);
        List<Place> named = [.. _places.Where(p => p.Rank < 2 && (p.Keys.Exists(k => k.AsSpan().SequenceEqual(name)) || keys.Exists(k => k.AsSpan().SequenceEqual(TestName.KeyOf(p.Answer.Name)))))];
        List<Place> sharing = [.. _places.Where(p => p.Rank < 2 && p.Keys.Exists(o => keys.Exists(k => k.AsSpan().SequenceEqual(o))))];
        if (named is [var only] || (named.Count == 0 && sharing is [var _] && (only = sharing[0]) is not null))
        {
            only.Keys.AddRange(keys.Where(k => !_places.Exists(p => p.Rank < 2 && p != only && p.Keys.Exists(o => o.AsSpan().SequenceEqual(k)))));
            return;
        }

        keys.RemoveAll(k => _places.Exists(p => p.Rank < 2 && p.Keys.Exists(o => o.AsSpan().SequenceEqual(k))));
        if (keys.Count > 0 && sharing.Count == 0)
        {
            _places.Add(new(new(LookupAnswer.Normal, item.Name, item.Group, NormalValues.Fill(item.Normal, patient), item.Cost, item.Minutes), keys, 2));
        }
    }

    private LookupAnswer? Settle(string[] key)
    {
        List<Place> exact = [.. _places.Where(p => p.Keys.Exists(k => k.AsSpan().SequenceEqual(key)))];
        if (exact.Count > 0)
        {
            var least = exact.Min(p => p.Rank);
            exact.RemoveAll(p => p.Rank > least);
            return exact is [var one] ? one.Answer : Ask(exact);
        }

        // More words than the name has: the longest name that is in them, if nothing else of what was said names another thing.
        List<(Place Place, int Length)> inside = [.. _places.Select(p => (p, p.Keys.Where(k => Array.TrueForAll(k, w => key.Contains(w, StringComparer.Ordinal))).Select(k => k.Length).DefaultIfEmpty().Max())).Where(p => p.Item2 > 0)];
        if (inside.Count > 0)
        {
            var most = inside.Max(p => p.Length);
            List<Place> longest = [.. inside.Where(p => p.Length == most).Select(p => p.Place)];

            // What is left over may change what is meant: it must be the same thing's, or nothing's.
            if (longest is [var only] && key.All(w => Everyday.Contains(w) || (most > 1 && !_words.Contains(w)) || only.Keys.Exists(k => k.Contains(w, StringComparer.Ordinal))))
            {
                return only.Answer;
            }

            return Ask(longest);
        }

        // Fewer words than the names have.
        List<Place> around = [.. _places.Where(p => p.Keys.Exists(k => Array.TrueForAll(key, w => k.Contains(w, StringComparer.Ordinal))))];
        return around is [var single] && key.Length > 1 && single.Rank < 2 ? single.Answer : around.Count > 0 ? Ask(around) : null;
    }

    private static LookupAnswer Ask(List<Place> places) =>
        new(LookupAnswer.Which, Choices: [.. places.Select(p => p.Answer.Name).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase).Take(MaxChoices)]);

    private static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];

    /// <summary>What is answered, under which names, and how near it is to the case.</summary>
    private sealed class Place(LookupAnswer answer, List<string> names, int rank)
    {
        public Place(LookupAnswer answer, List<string[]> keys, int rank)
            : this(answer, (List<string>)[], rank) => Keys.AddRange(keys);

        public LookupAnswer Answer { get; } = answer;

        public List<string[]> Keys { get; } = names.ConvertAll(TestName.KeyOf);

        public int Rank { get; } = rank;
    }
}
