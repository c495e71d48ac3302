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

    /// <summary>What the case has under one of an item's names is that item under all its names, but for those that are another's of the case.</summary>
    private static void Add(CatalogueItem item, CasePatient patient, List<Place> places, Dictionary<string, List<Place>> named)
    {
        List<Place> sharing = [.. item.Keys.SelectMany(k => named.GetValueOrDefault(NameOf(k), []))];
        List<Place> meant = [.. named.GetValueOrDefault(NameOf(item.Keys[0]), []).Union(sharing.Where(p => item.Keys.Any(k => k.AsSpan().SequenceEqual(p.Keys[0]))))];
        List<IGrouping<Place, Place>> shares = [.. sharing.GroupBy(p => p).OrderByDescending(g => g.Count())];
        var place = meant is [var one] ? one : meant.Count == 0 && shares.Count > 0 && (shares.Count == 1 || shares[0].Count() > shares[1].Count()) ? shares[0].Key : null;
        if (place is null && shares.Count > 0)
        {
            return;
        }

        if (place is null)
        {
            place = new(new(LookupAnswer.Normal, item.Name, item.Group, NormalValues.Fill(item.Normal, patient), item.Cost, item.Minutes), Place.Anywhere);
            places.Add(place);
        }

        foreach (var key in item.Keys.Where(k => !named.TryGetValue(NameOf(k), out var others) || others.Contains(place)))
        {
            place.Add(key);
        }
    }

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
