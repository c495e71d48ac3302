using System.Runtime.CompilerServices;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Finds the facts that a question is about. Deterministic; thread-safe.</summary>
internal sealed class FactFinder
{
    private const double QuestionWeight = 0.6;
    private const double TextShare = 0.5;
    private const double GenericWeight = 0.5;
    private const double SettingWeight = 0.4;
    private const double BesideShare = 0.3;
    private const int ManyFacts = 5;
    private const double PhraseBonus = 0.25;
    private const double SpokenCoverage = 0.9;

    private static readonly ConditionalWeakTable<PatientCase, FactFinder> Finders = [];

    private static readonly Dictionary<string, string> AreaOf = new(StringComparer.Ordinal)
    {
        ["illnesses"] = "history",
        ["operations"] = "history",
        ["medicines"] = "medicines",
        ["allergies"] = "allergies",
        ["familyhistory"] = "family",
        ["father"] = "family",
        ["mother"] = "family",
        ["siblings"] = "family",
        ["parents"] = "family",
        ["grandparents"] = "family",
    };

    private readonly List<FactWords> _facts;
    private readonly Dictionary<string, double> _weights;
    private readonly Spelling _spelling;
    private readonly bool _isImported;
    private readonly HashSet<string> _chief;

    private FactFinder(PatientCase read)
    {
        _isImported = read.IsImported;
        _facts = [.. read.Facts.Select(f => new FactWords(f))];
        _chief = ChiefOf(read);
        _weights = WeightsOf(_facts);
        _spelling = new Spelling(WordTable.Usual.Stems.SelectMany(s => s.Split(' ')).Concat(_facts.SelectMany(f => f.All).SelectMany(t => t.Stems)).Concat(CommonWords.Stems));
    }

    public static FactFinder For(PatientCase read) => Finders.GetValue(read, static c => new FactFinder(c));

    /// <summary>The tokens of a question, its slips mended.</summary>
    public List<Token> Read(string question)
    {
        var tokens = Speech.Read(question, _spelling.Mend);
        if (Manners.AsksIdeas(question) && !tokens.Exists(t => t.Means("ideas")))
        {
            tokens.AddRange(Ideas);
        }

        // "When was that?" and "Which side?" say of nothing in particular, so of what the patient comes with.
        if (tokens.TrueForAll(IsGeneral))
        {
            tokens.AddRange(Manners.AsksWhen(question) ? Beginning : Manners.AsksWhere(question) ? Place : []);
        }

        return tokens;
    }

    /// <summary>Whether a word names nothing but what the whole case is about, or what any question may be about.</summary>
    public bool IsGeneral(Token token) => IsGeneric(token) || Array.Exists(token.Concepts, c => _chief.Contains(c.Name));

    /// <summary>All facts that a question touches, best first.</summary>
    /// <param name="question">Its tokens.</param>
    /// <param name="words">Its words as they were said.</param>
    public List<FactMatch> Rank(List<Token> question, string words)
    {
        var hasContent = question.Exists(t => !IsAsking(t) && !IsGeneral(t));
        var asks = question.Exists(IsAsking);
        var isKin = question.Exists(IsKin);
        var topics = question.FindAll(IsTopic);
        var weights = question.ConvertAll(t => WeightOf(t) * Share(t));
        var all = Math.Max(0.001, weights.Sum());
        string[] stems = [.. SpokenWords.Of(words).Select(w => Stemmer.Stem(w.Text))];
        var matches = new List<FactMatch>();
        var isAllergy = question.Exists(t => t.Means("allergies"));
        foreach (var fact in _facts)
        {
            if (Match(fact, question, weights, all, stems, Share) is { } match && (MayAnswer(fact) || (IsBesideTheTopic(fact) && match is { Coverage: >= 0.9, Explained: >= 0.4 })))
            {
                matches.Add(MayAnswer(fact) ? match : match with { Score = match.Score * BesideShare });
            }
        }

        // The sort is stable: of equal ones the first of the case counts.
        return [.. matches.OrderByDescending(m => m.Score)];

        // A fact that leaves out what the question names most is an answer only where no other is.
        bool IsBesideTheTopic(FactWords fact) => !isKin && !isAllergy && topics.Count > 0 && !topics.Exists(fact.Answers);

        bool MayAnswer(FactWords fact) =>
            (!isKin || fact.IsKin || fact.IsSpoken(stems)) && (!isAllergy || fact.IsAllergy || fact.IsSpoken(stems))
            && (topics.Count == 0 || topics.Exists(fact.Answers) || fact.IsSpoken(stems) || question.Exists(t => IsAsking(t) && t.Means("onset") && fact.IsAbout(t)));

        // What any question may be about tells less, where there is something that tells more.
        double Share(Token token) => IsAsking(token) ? hasContent ? QuestionWeight : 1
            : IsGeneral(token) && (hasContent || asks) ? GenericWeight
            : IsSetting(token) && question.Exists(t => t != token && !IsAsking(t) && !IsSetting(t)) ? SettingWeight
            : 1;
    }

    private FactMatch? Match(FactWords fact, List<Token> question, List<double> weights, double all, string[] stems, Func<Token, double> shareOf)
    {
        var (best, coverage, specific, count, precise) = (0.0, 0.0, 0.0, 0, false);
        var spoken = 0.0;
        foreach (var raw in fact.Raw)
        {
            if (stems.AsSpan().IndexOf(raw) >= 0)
            {
                spoken = Math.Max(spoken, PhraseBonus * raw.Length);
            }
        }

        foreach (var phrase in fact.Phrases)
        {
            var (met, whole) = (0.0, 0.0);
            var sharp = false;
            foreach (var wanted in phrase)
            {
                var weight = WeightOf(wanted) * shareOf(wanted);
                var strength = question.Count == 0 ? 0 : question.Max(q => q.AnsweredBy(wanted));
                met += weight * strength;
                whole += weight;
                sharp |= strength >= 0.9 && !IsGeneric(wanted);
            }

            var share = met / whole;
            var score = met * share;
            if (score > best)
            {
                (best, coverage, count) = (score, share, phrase.Length);
            }

            precise |= sharp && share >= 0.75;
        }

        var explained = 0.0;
        for (var i = 0; i < question.Count; i++)
        {
            var about = 0.0;
            foreach (var token in fact.About)
            {
                about = Math.Max(about, question[i].AnsweredBy(token));
            }

            var told = 0.0;
            foreach (var token in fact.Said)
            {
                told = Math.Max(told, question[i].AnsweredBy(token));
            }

            explained += weights[i] * Math.Max(about, told * (_isImported ? 0.9 : TextShare));
            specific += IsAsking(question[i]) || IsGeneric(question[i]) ? 0 : Math.Max(about, told);
        }

        if (_isImported && best < explained * 0.8)
        {
            best = explained * 0.8;
            coverage = Math.Max(coverage, explained / all);
        }

        if (spoken > 0)
        {
            (best, coverage, precise) = (best + spoken, Math.Max(coverage, SpokenCoverage), true);
        }

        var bonus = question.Exists(q => q.Concepts.Any(c => AreaOf.TryGetValue(c.Name, out var area) && area == fact.Fact.Area)) ? 0.1 : 0;
        var total = (best + (0.5 * explained)) * (0.5 + (0.5 * coverage)) + bonus;
        return total > 0 ? new FactMatch(fact.Fact, total, coverage, explained / all, precise, specific, count) : null;
    }

    /// <summary>Facts of the area that a question names as a whole, such as any illness or any medicine.</summary>
    public List<CaseFact> OfArea(List<Token> question)
    {
        var area = question.SelectMany(t => t.Concepts).Select(c => AreaOf.GetValueOrDefault(c.Name)).FirstOrDefault(a => a is not null);
        return area is null ? [] : [.. _facts.Select(f => f.Fact).Where(f => f.Area == area && f.Told is CaseWords.Asked or CaseWords.Offered)];
    }

    private double WeightOf(Token token)
    {
        var weight = 0.0;
        foreach (var key in token.Keys)
        {
            weight = Math.Max(weight, _weights.GetValueOrDefault(key, 1));
        }

        return weight;
    }

    private static bool IsAsking(Token token) => token.Concepts.Length > 0 && Array.TrueForAll(token.Concepts, c => c.Kind == WordKind.Question)
        && !Array.Exists(token.Concepts, c => c.Name is "illnesses" or "operations" or "medicines" or "allergies" or "familyhistory" or "ideas" or "concerns" or "expectations");

    private static readonly List<Token> Ideas = Speech.Read("your ideas");
    private static readonly List<Token> Beginning = Speech.Read("onset");
    private static readonly List<Token> Place = Speech.Read("location");

    private static bool IsKin(Token token) => Array.Exists(token.Concepts, c => c.Kind == WordKind.Family || c.Name == "familyhistory");

    /// <summary>Whether a word names a matter of its own, which a fact must speak of to be an answer.</summary>
    private bool IsTopic(Token token) => !IsGeneral(token) && !IsAsking(token) && Array.Exists(token.Concepts, c => c.Kind is WordKind.Symptom or WordKind.Illness or WordKind.Drug || (c.Kind == WordKind.Life && !Settings.Contains(c.Name)));

    private static bool IsSetting(Token token) => token.Concepts.Length > 0 && Array.TrueForAll(token.Concepts, c => Settings.Contains(c.Name));

    /// <summary>What questions mention beside what they are about.</summary>
    private static readonly HashSet<string> Settings = new(StringComparer.Ordinal) { "home", "work", "diet", "exercise", "children", "partner", "sleepwell", "memory", "growth", "birth", "feeding", "independence" };

    /// <summary>What the patient comes with: the complaints of the opening, of the title and of what is said unasked, and those that many facts are about.</summary>
    private HashSet<string> ChiefOf(PatientCase read)
    {
        var said = Speech.Read(read.Patient.Opening).Concat(Speech.Read(read.Title)).Concat(read.Facts.Where(f => f is { Told: CaseWords.Offered, Area: "complaint" }).SelectMany(f => f.About.Append(f.Text).SelectMany(t => Speech.Read(t)))).SelectMany(t => t.Concepts);
        var often = _facts.SelectMany(f => f.All.SelectMany(t => t.Concepts).Where(c => c.Kind == WordKind.Symptom).Distinct()).GroupBy(c => c.Name, StringComparer.Ordinal).Where(g => g.Count() >= ManyFacts).Select(g => g.First());
        return said.Where(c => c.Kind == WordKind.Symptom).Concat(often).SelectMany(c => c.Parent is null ? [c.Name] : new[] { c.Name, c.Parent }).ToHashSet(StringComparer.Ordinal);
    }

    private static bool IsGeneric(Token token) => Array.Exists(token.Concepts, c => c.Name is "pain" or "illnesses" or "medicines" or "familyhistory" or "recent" or "bleeding");

    /// <summary>What few facts are about weighs most.</summary>
    private static Dictionary<string, double> WeightsOf(List<FactWords> facts)
    {
        var counts = facts.SelectMany(f => f.About.SelectMany(t => t.Keys).Distinct(StringComparer.Ordinal)).CountBy(k => k, StringComparer.Ordinal);
        return counts.ToDictionary(c => c.Key, c => Math.Log(1 + ((double)facts.Count / c.Value)) / Math.Log(1 + facts.Count), StringComparer.Ordinal);
    }

    /// <summary>A fact as it is looked for.</summary>
    private sealed class FactWords
    {
        public FactWords(CaseFact fact)
        {
            Fact = fact;
            Phrases = [.. fact.About.Select(a => Speech.Read(a).ToArray()).Where(p => p.Length > 0)];
            Raw = [.. fact.About.Select(a => SpokenWords.Of(a).Select(w => Stemmer.Stem(w.Text)).ToArray()).Where(r => r.Length >= 2)];
            About = [.. Phrases.SelectMany(p => p)];
            Said = [.. Speech.Read(fact.Text), .. Speech.Read(fact.Item ?? "")];
        }

        public CaseFact Fact { get; }

        public Token[][] Phrases { get; }

        /// <summary>What it is about, word for word.</summary>
        public string[][] Raw { get; }

        public Token[] About { get; }

        public Token[] Said { get; }

        public bool IsKin => field |= Fact.Area == "family" || About.Any(FactFinder.IsKin);

        public bool IsAllergy => Fact.Area == "allergies" || About.Any(t => t.Means("allergies"));

        /// <summary>Whether words of the question are, one after the other, what the fact is about.</summary>
        public bool IsSpoken(string[] stems) => Array.Exists(Raw, r => stems.AsSpan().IndexOf(r) >= 0);

        /// <summary>Whether it is what the fact is about.</summary>
        public bool IsAbout(Token topic) => Array.Exists(About, t => topic.AnsweredBy(t) >= 0.9);

        /// <summary>Whether the fact speaks of a matter.</summary>
        public bool Answers(Token topic) => Array.Exists(About, t => topic.AnsweredBy(t) >= 0.5) || Array.Exists(Said, t => topic.AnsweredBy(t) >= 0.9);

        public IEnumerable<Token> All => About.Concat(Said);
    }
}
