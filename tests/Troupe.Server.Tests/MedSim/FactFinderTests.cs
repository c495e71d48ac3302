using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Patient;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Server.Tests.MedSim;

public sealed class FactFinderTests
{
    public static TheoryData<string> Cases => [.. CaseLibrary.Own.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_a_case_says_a_fact_answers_finds_it(string caseId)
    {
        var read = CaseLibrary.Own[caseId];
        var finder = FactFinder.For(read);
        List<(string Fact, string Question)> questions = [.. read.Facts.SelectMany(f => f.Questions!.Select(q => (f.Id, q)))];
        var missed = questions.FindAll(q => finder.Read(q.Question).Matches[0].Fact.Id != q.Fact);
        Assert.True(missed.Count <= questions.Count * 0.02, string.Join('\n', missed.Take(20)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_fact_of_our_cases_has_questions_of_its_own(string caseId)
    {
        var read = CaseLibrary.Own[caseId];
        Assert.All(read.Facts, f => Assert.InRange(f.Questions!.Count, 12, 60));
        Assert.Empty(read.Facts.SelectMany(f => f.Questions!).CountBy(q => q, StringComparer.OrdinalIgnoreCase).Where(q => q.Value > 1).Select(q => q.Key));
    }

    [Theory]
    [InlineData("crushing-chest-pain", "Have you got a budgie or any other pets?")]
    [InlineData("crushing-chest-pain", "Is your hair falling out?")]
    [InlineData("hot-and-cross", "Does he wear spectacles?")]
    [InlineData("short-of-puff", "Have you ever been in the army?")]
    public void What_a_case_has_nothing_of_is_not_answered_with_something_else(string caseId, string question) => Assert.Empty(Ask(caseId, question).Facts);

    [Theory]
    [InlineData("crushing-chest-pain", "Do you smoke at all?", "smoking")]
    [InlineData("crushing-chest-pain", "I ask everybody this: do you smoke?", "smoking")]
    [InlineData("crushing-chest-pain", "do you smoek cigarrettes", "smoking")]
    public void However_it_is_led_up_to_or_spelled_a_question_finds_its_fact(string caseId, string question, string fact) => Assert.Equal(fact, Assert.Single(Ask(caseId, question).Facts).Id);

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_told_after_trust_is_told_to_nobody_before(string caseId)
    {
        var read = CaseLibrary.Own[caseId];
        foreach (var fact in read.Facts.Where(f => f.Told == CaseWords.Trusted))
        {
            // A question that is kind in itself has the patient's trust.
            var cold = fact.Questions!.Where(q => !Manners.IsCaring(q)).ToList();
            Assert.All(cold, q => Assert.DoesNotContain(fact, new Interview(read).Decide(q, InterviewMemory.Begin(1)).Facts));
            Assert.True(cold.Count(q => new Interview(read).Decide(q, InterviewMemory.Begin(1)).Kind == IntentKind.Private) >= cold.Count * 0.7, fact.Id);
            Assert.True(cold.Count(q => new Interview(read).Decide(q, InterviewMemory.Begin(1) with { Trusts = true }).Facts.Contains(fact)) >= cold.Count * 0.7, fact.Id);
        }
    }

    [Fact]
    public void Learning_the_same_case_twice_comes_to_the_same()
    {
        var read = CaseLibrary.Own["short-of-puff"];
        var again = read with { Id = read.Id };
        Assert.NotSame(FactFinder.For(read), FactFinder.For(again));
        Assert.All(read.Facts.SelectMany(f => f.Questions!.Take(2)), q => Assert.Equal(FactFinder.For(read).Read(q).Matches.Select(m => (m.Fact.Id, m.Score)), FactFinder.For(again).Read(q).Matches.Select(m => (m.Fact.Id, m.Score))));
    }

    [Fact]
    public void Many_may_ask_at_once()
    {
        var finder = FactFinder.For(CaseLibrary.Own["hot-and-cross"]);
        string[] questions = [.. CaseLibrary.Own["hot-and-cross"].Facts.Select(f => f.Questions![0])];
        var alone = questions.Select(q => finder.Read(q).Matches[0].Score).ToList();
        Assert.Equal(alone, questions.AsParallel().AsOrdered().Select(q => finder.Read(q).Matches[0].Score));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?!")]
    [InlineData("Mrs")]
    public void A_question_without_a_word_is_about_nothing(string question) => Assert.Empty(Ask("short-of-puff", question).Facts);

    [Fact]
    public void A_case_without_questions_is_asked_by_what_its_facts_are_about()
    {
        var own = CaseLibrary.Own["crushing-chest-pain"];
        var read = own with { Facts = [.. own.Facts.Select(f => f with { Questions = null })] };
        Assert.Equal("smoking", new Interview(read).Decide("Are you a smoker?", InterviewMemory.Begin(1)).Facts[0].Id);
    }

    [Fact]
    public void A_classifier_learns_what_its_examples_have_in_common()
    {
        var classifier = new Classifier([(0, Words("red round")), (0, Words("red square")), (1, Words("blue round")), (1, Words("blue square"))], 2);
        Assert.True(classifier.Of(Words("red triangle"))[0] > 0.8);
        Assert.True(classifier.Of(Words("blue"))[1] > 0.8);
        Assert.Equal([0.5f, 0.5f], classifier.Of(Words("green")));
        Assert.Equal(1, classifier.Of(Words("red blue round")).Sum(), 5);
    }

    [Fact]
    public void Likeness_is_one_to_the_same_and_none_to_what_shares_nothing()
    {
        var likeness = new Likeness([(7, Words("red round")), (7, Words("red round")), (7, Words("red round")), (9, Words("blue"))], _ => 1);
        Assert.Equal(1, likeness.Of(Words("red round"))[7], 6);
        Assert.False(likeness.Of(Words("red round")).ContainsKey(9));
        Assert.Empty(likeness.Of(Words("green")));
    }

    private static Intent Ask(string caseId, string question) => new Interview(CaseLibrary.Own[caseId]).Decide(question, InterviewMemory.Begin(1));

    private static Dictionary<string, double> Words(string words) => words.Split(' ').ToDictionary(w => w, _ => 1.0, StringComparer.Ordinal);
}
