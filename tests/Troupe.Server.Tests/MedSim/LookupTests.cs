using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;

namespace Troupe.Server.Tests.MedSim;

public sealed class LookupTests
{
    private const string Nonsense = "goblin";

    public static TheoryData<string, bool> Lists => new(CaseLibrary.Own.Keys.Order(StringComparer.Ordinal).SelectMany(c => new[] { (c, true), (c, false) }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_name_belongs_to_two_items_of_the_catalogue(bool isTest)
    {
        var twice = Catalogue.All.Where(i => i.IsTest == isTest).SelectMany(i => i.Keys.Select(k => (Key: string.Join(' ', k), i.Name))).GroupBy(n => n.Key).Where(g => g.Count() > 1);
        Assert.Empty(twice.Select(g => $"{g.Key}: {string.Join(", ", g.Select(n => n.Name))}"));
        Assert.DoesNotContain(Catalogue.All.SelectMany(i => i.Keys), k => k is ["listen" or "feel" or "touch" or "squeeze" or "scan" or "left" or "right"]);
        Assert.Equal(Catalogue.All.Count, Catalogue.All.DistinctBy(i => (i.IsTest, i.Name)).Count());
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void Whatever_a_case_names_is_found_under_its_names_or_asked_back(string caseId, bool isTest)
    {
        var read = CaseLibrary.Own[caseId];
        var named = isTest ? read.Tests.SelectMany(t => t.Synonyms.Prepend(t.Name).Select(n => (n, t.Id))) : read.Examination.SelectMany(e => e.Synonyms.Prepend(e.Name).Select(n => (n, e.Id)));
        Assert.All(named, own =>
        {
            foreach (var said in new[] { own.n, $"could I get {own.n} please", own.n.ToUpperInvariant() })
            {
                var found = Find(read, isTest, said);
                Assert.True(found.Id == own.Id || found.Status == LookupAnswer.Which, $"'{said}' is {found.Status} {found.Name}, not {own.Id}");
            }
        });
        Assert.True(named.Count(own => Find(read, isTest, own.n).Id == own.Id) >= named.Count() * 0.97);
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_word_that_nobody_knows_beside_a_name_never_has_a_result(string caseId, bool isTest)
    {
        var read = CaseLibrary.Own[caseId];
        var names = CasePlaces.Of(read, isTest).Select(p => p.Answer.Name);
        Assert.All(names, name => Assert.Contains(Find(read, isTest, $"{name} {Nonsense}").Status, new[] { LookupAnswer.Which, LookupAnswer.NotKnown }));
    }

    [Theory]
    [InlineData("crushing-chest-pain", true, "could I get a set of bloods: full blood count please", "fbc")]
    [InlineData("crushing-chest-pain", true, "CXR ?pneumonia", "chest-xray")]
    [InlineData("crushing-chest-pain", true, "tropnin and trop I", "troponin")]
    [InlineData("crushing-chest-pain", false, "have a listen to Harold's chest", "lungs")]
    [InlineData("cannot-keep-still", true, "dip the urine", "urinalysis")]
    [InlineData("cannot-keep-still", true, "ultrasound of the testes", "scrotal-ultrasound")]
    [InlineData("short-of-breath-on-the-stairs", true, "doppler of the left leg", "leg-ultrasound")]
    [InlineData("headache-since-last-night", false, "shine a light in her eyes", "pupils")]
    [InlineData("off-his-legs", true, "film of the chest", "chest-xray")]
    [InlineData("sick-and-tired-schoolgirl", true, "prick the finger for sugar", "glucose")]
    [InlineData("back-gone-at-work", false, "tap the knees", "reflexes")]
    [InlineData("belly-pain-on-a-film-night", false, "have a feel of her tummy", "abdomen")]
    [InlineData("short-of-puff", true, "celiac serolgy", "coeliac")]
    [InlineData("nearly-fell-off-the-roof", true, "full blood cuont", "fbc")]
    public void What_students_say_is_understood(string caseId, bool isTest, string said, string id) => Assert.Equal(id, Find(CaseLibrary.Own[caseId], isTest, said).Id);

    [Theory]
    [InlineData("crushing-chest-pain", true, "x-ray")]
    [InlineData("crushing-chest-pain", true, "CT")]
    [InlineData("crushing-chest-pain", true, "CXR and ECG")]
    [InlineData("crushing-chest-pain", true, "FBC, U&E, CRP")]
    [InlineData("breathless-music-teacher", true, "right sided ECG leads and echo")]
    [InlineData("headache-since-last-night", true, "CT head with contrast")]
    [InlineData("headache-since-last-night", true, "CT and MRI of the head")]
    [InlineData("back-gone-at-work", true, "MRI of the ankle")]
    [InlineData("cannot-keep-still", true, "CT of the spine and kidneys")]
    [InlineData("short-of-puff", false, "heart and abdomen")]
    public void What_may_be_several_things_is_asked_back(string caseId, bool isTest, string said)
    {
        var found = Find(CaseLibrary.Own[caseId], isTest, said);
        Assert.Equal(LookupAnswer.Which, found.Status);
        Assert.NotEmpty(found.Choices!);
    }

    [Theory]
    [InlineData(true, "aura photography")]
    [InlineData(true, "goblin gas level")]
    [InlineData(true, "iron man scan")]
    [InlineData(true, "hypercapnometry")]
    [InlineData(false, "aura inspection")]
    [InlineData(false, "please")]
    [InlineData(true, "")]
    [InlineData(true, "!!!")]
    public void What_nobody_knows_is_said_to_be_unknown(bool isTest, string said) => Assert.Equal(LookupAnswer.NotKnown, Find(CaseLibrary.Own["crushing-chest-pain"], isTest, said).Status);

    [Theory]
    [InlineData("hypercalcemi", "hypocalcemi")]
    [InlineData("intracranial", "intercranial")]
    public void A_slip_is_never_mended_to_the_opposite(string said, string known) => Assert.Equal([said], new TestSpelling([known]).Mend(said));

    [Fact]
    public void A_slip_that_is_as_near_to_two_words_is_left_as_it_is()
    {
        var spelling = new TestSpelling(["gaster", "master", "carotid", "urinat"]);
        Assert.Equal(["carotid"], spelling.Mend("cartoid"));
        Assert.Equal(["lactat"], new TestSpelling(["lactas", "lactam"]).Mend("lactat"));
    }

    [Fact]
    public void What_is_not_available_is_so_under_all_its_names()
    {
        var read = CaseLibrary.Own["crushing-chest-pain"];
        Assert.All(["MRI of the heart", "CTCA", "treadmill", "cardiac MR scan please", "mibi scan"], said => Assert.Equal(LookupAnswer.NotAvailable, Find(read, true, said).Status));
    }

    private static LookupAnswer Find(PatientCase read, bool isTest, string said) => (isTest ? Lookup.Tests(read) : Lookup.Examinations(read)).Find(said);
}
