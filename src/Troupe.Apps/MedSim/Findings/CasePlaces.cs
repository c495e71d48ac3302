using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>All that can be asked for of a patient: what the case has, what it says is not available, and the catalogue.</summary>
internal static class CasePlaces
{
    public static List<Place> Of(PatientCase read, bool isTest)
    {
        List<Place> places = [];
        if (isTest)
        {
            places.AddRange(read.Tests.Select(t => Made(new(LookupAnswer.Result, t.Name, t.Kind, t.Result, t.Cost, t.Minutes, t.Id, t.Trace), t.Synonyms.Prepend(t.Name), Place.Own)));
            places.AddRange(read.Unavailable.Select(name => Made(new(LookupAnswer.NotAvailable, Capital(name), "other"), [name], Place.Missing)));
        }
        else
        {
            places.AddRange(read.Examination.Select(e => Made(new(LookupAnswer.Result, e.Name, e.Region, e.Finding, 0, e.Minutes, e.Id), e.Synonyms.Prepend(e.Name), Place.Own)));
        }

        // Before the catalogue gives them more names.
        var named = new Dictionary<string, List<Place>>(StringComparer.Ordinal);
        foreach (var place in places)
        {
            foreach (var key in place.Keys)
            {
                var name = NameOf(key);
                (named.TryGetValue(name, out var those) ? those : named[name] = []).Add(place);
            }
        }

        foreach (var item in Catalogue.All.Where(i => i.IsTest == isTest))
        {
            Add(item, read.Patient, places, named);
        }

        return places;
    }

    /// <summary>All words in the names that may be meant, as they are spoken.</summary>
    public static IEnumerable<string> StemsOf(PatientCase read, bool isTest)
    {
        var own = isTest ? read.Tests.SelectMany(t => t.Synonyms.Append(t.Name)).Concat(read.Unavailable) : read.Examination.SelectMany(e => e.Synonyms.Append(e.Name));
        return own.Concat(Catalogue.All.Where(i => i.IsTest == isTest).SelectMany(i => i.Names)).SelectMany(TestWords.StemsOf);
    }

    /// <summary>What the case has under an item's name is that item under all its names, but for those that are another's of the case. What the case has
    /// only under one of an item's other names may be but a part of it: then the student is asked back.</summary>
    private static void Add(CatalogueItem item, CasePatient patient, List<Place> places, Dictionary<string, List<Place>> named)
    {
        List<IGrouping<Place, Place>> shares = [.. item.Keys.SelectMany(k => named.GetValueOrDefault(NameOf(k), [])).GroupBy(p => p).OrderByDescending(g => g.Count())];
        List<Place> meant = [.. shares.Select(g => g.Key).Where(p => p.Has(item.Keys[0]))];
        if (meant.Count == 0)
        {
            meant.AddRange(shares.Select(g => g.Key).Where(p => item.Keys.Any(k => k.AsSpan().SequenceEqual(p.Keys[0]))));
        }

        var place = meant is [var one] ? one
            : meant.Count == 0 && shares.Count > 0 && (shares.Count == 1 || shares[0].Count() > shares[1].Count()) && IsNear(item, shares[0]) ? shares[0].Key
            : null;
        if (place is null)
        {
            place = shares.Count > 0
                ? new(new(LookupAnswer.Which, item.Name, Choices: [.. shares.Select(g => g.Key.Answer.Name)]), Place.Unclear)
                : new(new(LookupAnswer.Normal, item.Name, item.Group, NormalValues.Fill(item.Normal, patient), item.Cost, item.Minutes), Place.Anywhere);
            places.Add(place);
        }

        foreach (var key in item.Keys.Where(k => !named.TryGetValue(NameOf(k), out var others) || others.Contains(place)))
        {
            place.Add(key);
        }
    }

    /// <summary>Whether what shares other names with an item is that item: it shares several, is of the same region, or its name says the same and more.</summary>
    private static bool IsNear(CatalogueItem item, IGrouping<Place, Place> shares) =>
        shares.Count() > 1
        || (shares.Key.Answer.Group == item.Group && (!item.IsTest || item.Group == "imaging"))
        || Array.TrueForAll(item.Keys[0], w => shares.Key.Keys[0].Contains(w, StringComparer.Ordinal));

    private static Place Made(LookupAnswer answer, IEnumerable<string> names, int rank)
    {
        var place = new Place(answer, rank);
        foreach (var name in names)
        {
            place.Add(TestName.KeyOf(name));
        }

        return place;
    }

    private static string NameOf(string[] key) => string.Join(' ', key);

    private static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];
}
