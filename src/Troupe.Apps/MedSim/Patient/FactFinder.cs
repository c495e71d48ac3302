using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Finds the facts that a question is about. It learns from the questions that the case has for each fact, and judges what it finds by the topics of
/// the bank: a question on a topic that a fact has nothing of is hardly about it. The shares below were chosen on the question set of the benchmark.
/// Deterministic; thread-safe.</summary>
internal sealed partial class FactFinder
{
    private const int MaxMatches = 5;
    private const double LearnedShare = 0.4;
    private const double SharedTopics = 0.6;
    private const double ForeignTopics = 0.9;
    private const double ChiefWeight = 0.3;
    private const double OwnTopic = 0.3;
    private const double NobodysTopic = 0.12;
    private const double CoveredShare = 0.31;
    private const double TopicShare = 0.5;
    private const double SureTopic = 1.0 / 3;
    private const double BesideTheComplaint = 0.5;
    private const double NoAnswer = 0.3;
    private const double OfNoKin = 0.3;
    private const double OftenOfKin = 0.1;

    private static readonly ConditionalWeakTable<PatientCase, FactFinder> Finders = [];

    private readonly PatientCase _case;
    private readonly Spelling _spelling;
    private readonly HashSet<string> _names;
    private readonly HashSet<string> _chief;
    private readonly Func<string, double> _spread;
    private readonly Likeness _likeness;
    private readonly Coverage _coverage;
    private readonly List<List<Token>> _said;
    private readonly Classifier _classifier;
    private readonly float[][] _topics;
    private readonly bool[] _isOfKin;

    private FactFinder(PatientCase read)
    {
        _case = read;
        _names = [.. SpokenWords.Of($"{read.Patient.Name} {read.Patient.Speaker?.Split(',')[0]} mr mrs ms miss").Select(w => w.Text)];
        var said = read.Facts.SelectMany(f => ExamplesOf(f).Append(f.Text)).SelectMany(t => SpokenWords.Of(t)).Select(w => Stemmer.Stem(w.Text));
        _spelling = new Spelling(WordTable.Usual.Stems.Concat(CommonWords.Stems).Concat(QuestionBank.Usual.Stems).Concat(said));
        _chief = ChiefOf(read);
        _isOfKin = read.IsImported ? [] : [.. read.Facts.Select(f => f.Area == "family" || ExamplesOf(f).Append(f.Text).Average(t => Speech.Read(t).Exists(IsKin) ? 1 : 0) >= OftenOfKin)];
        _said = read.IsImported ? [.. read.Facts.Select(f => Speech.Read(f.Text))] : [];
        var examples = Each(ExamplesOf);
        var texts = Each(f => [f.Text]);
        _spread = Likeness.WeightsOf(examples);
        _likeness = new Likeness(read.IsImported ? [] : examples, WeightOf);
        _coverage = new Coverage(read.IsImported ? texts.Concat(examples) : [], WeightOf);
        var topics = TopicsOf(examples);
        _topics = [.. topics.Select(Scaled)];
        _classifier = new Classifier([.. examples.Concat(texts).Concat(Borrowed(topics)).Select(e => (e.Label, Features.Weighed(e.Features, WeightOf)))], Math.Max(1, read.Facts.Count), keepsRare: read.IsImported);
    }

    public static FactFinder For(PatientCase read) => Finders.GetValue(read, static c => new FactFinder(c));

    /// <summary>What a question is about.</summary>
    public QuestionReading Read(string question)
    {
        var tokens = Speech.Read(question, _spelling.Mend);
        var features = Features.Of(question, _spelling.Mend, _names, tokens);
        var topics = QuestionBank.Usual.TopicsOf(Features.Weighed(features, TopicWeightOf));
        var learned = _classifier.Of(Features.Weighed(features, WeightOf));

        // The sort is stable: of equal ones the first of the case counts.
        var matches = (_case.IsImported ? Stated(question, features, tokens, topics, learned) : Asked(features, tokens.Exists(IsKin), topics, learned)).OrderByDescending(m => m.Score).Take(MaxMatches);
        return new QuestionReading(tokens, [.. matches], QuestionBank.Usual.OpenOf(topics), QuestionBank.Usual.MannersOf(topics));
    }

    /// <summary>Facts that have their questions.</summary>
    private IEnumerable<FactMatch> Asked(Dictionary<string, double> features, bool asksKin, float[] topics, float[] learned)
    {
        var likeness = _likeness.Of(features);
        foreach (var (f, fact) in _case.Facts.Index())
        {
            var like = likeness.GetValueOrDefault(f);
            var found = ((LearnedShare * learned[f]) + ((1 - LearnedShare) * like)) * (asksKin && !_isOfKin[f] ? OfNoKin : 1);
            var (shared, foreign) = (0.0, 0.0);
            for (var t = 0; t < topics.Length; t++)
            {
                shared += topics[t] * _topics[f][t];

                // Squared: where the topic is not sure, it speaks against nothing.
                foreign += topics[t] * topics[t] * (1 - _topics[f][t]);
            }

            yield return new FactMatch(fact, found * (1 - (ForeignTopics * foreign)) * (1 - SharedTopics + (SharedTopics * shared)), like);
        }
    }

    /// <summary>Facts of an imported case, which were written down for nobody to ask.</summary>
    private IEnumerable<FactMatch> Stated(string question, Dictionary<string, double> features, List<Token> tokens, float[] topics, float[] learned)
    {
        // "How long have you had it?" is about what the patient came with.
        var isOfTheComplaint = tokens.TrueForAll(t => t.Concepts.Length > 0 && Array.TrueForAll(t.Concepts, c => c.Kind == WordKind.Question));
        var asks = (What: Asking.IsMatch(question), HowMuch: AskingHowMuch.IsMatch(question));
        foreach (var (f, fact) in _case.Facts.Index())
        {
            var covered = _coverage.Of(features, f);
            var shared = 0.0;
            for (var t = 0; t < topics.Length; t++)
            {
                shared += topics[t] * Math.Min(1, _topics[f][t] / SureTopic);
            }

            var score = (CoveredShare * covered) + (TopicShare * shared) + ((1 - CoveredShare - TopicShare) * learned[f]);
            score *= isOfTheComplaint && fact.Area is not ("complaint" or "systems") ? BesideTheComplaint : 1;

            score *= IsNoAnswer(f, asks.What, asks.HowMuch, tokens) ? NoAnswer : 1;
            yield return new FactMatch(fact, score, covered);
        }
    }

    /// <summary>"Vomiting" does not say how often there was vomiting, and "no nausea" not what there was.</summary>
    private bool IsNoAnswer(int fact, bool asksWhat, bool asksHowMuch, List<Token> question) =>
        (asksHowMuch && !Amount.IsMatch(_case.Facts[fact].Text))
        || (asksWhat && (_said[fact].TrueForAll(s => s.Negated) || _said[fact].TrueForAll(s => question.Exists(t => t.Meets(s) >= 0.9))));

    [GeneratedRegex(@"\b(what|when|where|which|how|who|why)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Asking { get; }

    [GeneratedRegex(@"\b(when|how (long|many|often|much|old|far)|what time|since when)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AskingHowMuch { get; }

    [GeneratedRegex(@"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|many|some|pack|glass(es)?|never|non|sometimes|often|always|every|each|once|twice|daily|weekly|monthly|occasionally|socially|rarely|constant(ly)?|intermittent(ly)?|recurrent|since|ago|after|before|during|while|when|until|today|yesterday|tonight|night|morning|afternoon|evening|day|week|month|year|birth|child(hood)?|sudden(ly)?|gradual(ly)?|recent(ly)?|last|past|term)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Amount { get; }

    private static bool IsKin(Token token) => Array.Exists(token.Concepts, c => c.Kind == WordKind.Family || c.Name == "familyhistory");

    private IEnumerable<string> ExamplesOf(CaseFact fact) => _case.IsImported ? [.. fact.About, .. Speech.Sentences(fact.Text)] : [.. fact.About, .. fact.Questions ?? []];

    private List<(int Label, Dictionary<string, double> Features)> Each(Func<CaseFact, IEnumerable<string>> textsOf) =>
        [.. _case.Facts.Index().SelectMany(f => textsOf(f.Item).Select(t => (f.Index, Features.Of(t, names: _names))))];

    /// <summary>What each fact is about: its questions in the mean, or what the statement that says most of it says.</summary>
    private float[][] TopicsOf(List<(int Label, Dictionary<string, double> Features)> examples)
    {
        var of = _case.Facts.Select(_ => new float[QuestionBank.Usual.Count]).ToArray();
        var counts = examples.CountBy(e => e.Label).ToDictionary();
        foreach (var (label, features) in examples)
        {
            var topics = QuestionBank.Usual.TopicsOf(Features.Weighed(features, TopicWeightOf));
            for (var t = 0; t < topics.Length; t++)
            {
                of[label][t] = _case.IsImported ? Math.Max(of[label][t], topics[t]) : of[label][t] + (topics[t] / counts[label]);
            }
        }

        return of;
    }

    /// <summary>The bank's ways to ask for a topic that one fact alone is about.</summary>
    private IEnumerable<(int Label, Dictionary<string, double> Features)> Borrowed(float[][] topics)
    {
        for (var t = 0; t < QuestionBank.Usual.Count; t++)
        {
            int[] first = [.. Enumerable.Range(0, topics.Length).OrderByDescending(f => topics[f][t]).Take(2)];
            if (first.Length == 2 && topics[first[0]][t] >= OwnTopic && topics[first[1]][t] <= NobodysTopic && !QuestionBank.Usual.IsManners(t))
            {
                foreach (var question in QuestionBank.Usual.QuestionsOf(t))
                {
                    yield return (first[0], question);
                }
            }
        }
    }

    private float[] Scaled(float[] topics)
    {
        var most = _case.IsImported ? 1 : Math.Max(1e-6f, topics.Max());
        return [.. topics.Select(t => t / most)];
    }

    /// <summary>What many facts have in common tells less, and least what the patient comes with.</summary>
    private double WeightOf(string feature) => TopicWeightOf(feature) * Math.Sqrt(_spread(feature));

    private double TopicWeightOf(string feature) => QuestionBank.Usual.WeightOf(feature) * (_chief.Contains(feature) ? ChiefWeight : 1);

    /// <summary>The complaints of the opening, of the title and of what is said unasked.</summary>
    private static HashSet<string> ChiefOf(PatientCase read)
    {
        var offered = read.Facts.Where(f => f is { Told: CaseWords.Offered, Area: "complaint" }).SelectMany(f => f.About.Append(f.Text));
        var complaints = offered.Append(read.Patient.Opening).Append(read.Title).SelectMany(t => Speech.Read(t)).Where(t => t.Is(WordKind.Symptom));
        return [.. complaints.SelectMany(t => t.Stems.Concat(t.Concepts.Where(c => c.Kind == WordKind.Symptom).Select(c => Features.Meaning(c.Name))))];
    }
}
