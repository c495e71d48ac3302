using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Decides what a patient does with what a student says: which facts may be told now, and nothing else. Deterministic; thread-safe.</summary>
internal sealed class Interview(PatientCase read)
{
    private const int MaxFacts = 3;
    private const int MaxOffered = 2;
    private const double ImportedExplained = 0.3;
    private const double NearlyAsGood = 0.85;
    private const int MaxSentences = 6;
    private const int MaxLength = 2000;

    private readonly FactFinder _finder = FactFinder.For(read);
    private readonly SecretWords _secrets = SecretWords.Of(read);

    public Intent Decide(string message, InterviewMemory memory)
    {
        // Whoever writes a book asks what its beginning asks.
        var said = message.Length <= MaxLength ? message : message[..MaxLength];
        var trusts = memory.Trusts || Manners.IsCaring(said);
        if (Manners.IsSummary(said) && !Manners.IsOpen(said))
        {
            return Intent.Of(IntentKind.Agreed);
        }

        var sentences = Speech.Sentences(said);
        var questions = sentences.Where(Manners.IsQuestion).Take(MaxSentences).ToList();
        if (questions.Count == 0 && SpokenWords.Of(said).Count <= 5)
        {
            questions = [said];
        }

        var provoked = Manners.Provokes(said);
        var found = questions.ConvertAll(q => Answer(q, trusts, provoked));
        var facts = found.SelectMany(f => f.Facts).Distinct().Take(MaxFacts).ToList();
        if (provoked && !found.Exists(f => f.IsCertain))
        {
            return Intent.Of(IntentKind.Provoked);
        }

        if (Manners.AsksAge(said) && !found.Exists(f => f.IsCertain))
        {
            return Intent.Of(IntentKind.Age);
        }

        if (facts.Count > 0)
        {
            return new Intent(IntentKind.Facts, facts);
        }

        return found.Exists(f => f.Kind == IntentKind.Provoked) ? Intent.Of(IntentKind.Provoked)
            : found.Exists(f => f.Kind == IntentKind.Private) ? Intent.Of(IntentKind.Private)
            : Manners.AsksName(said) ? Intent.Of(IntentKind.Name)
            : Manners.AsksAge(said) ? Intent.Of(IntentKind.Age)
            : questions.Exists(Manners.IsOpen) || Manners.IsOpen(said) ? Offer(memory)
            : found.Exists(f => f.Kind == IntentKind.Jargon) ? Intent.Of(IntentKind.Jargon)
            : Social(said, questions);
    }

    /// <summary>What may be told unasked and was not told yet.</summary>
    private Intent Offer(InterviewMemory memory)
    {
        List<CaseFact> offered = [.. read.Facts.Where(f => f.Told == CaseWords.Offered && !memory.Told.Contains(f.Id)).Take(MaxOffered)];
        return offered.Count > 0 ? new Intent(IntentKind.Facts, offered, Open: true) : new Intent(IntentKind.NothingMore, [], Open: true);
    }

    private static Intent Social(string said, List<string> questions)
    {
        var asks = questions.Exists(q => Speech.Read(q).Count > 0);
        return Manners.Announces(said) ? Intent.Of(IntentKind.Permission)
            : Manners.IsCaring(said) ? Intent.Of(IntentKind.Comforted)
            : asks && !Manners.Greets(said) ? Intent.Of(IntentKind.Unknown)
            : Manners.Greets(said) || Manners.Introduces(said) ? Intent.Of(IntentKind.Greeting)
            : Manners.TakesLeave(said) ? Intent.Of(IntentKind.Farewell)
            : Intent.Of(asks ? IntentKind.Unknown : IntentKind.Heard);
    }

    private Found Answer(string question, bool trusts, bool provoked)
    {
        var tokens = _finder.Read(question);
        if (Manners.IsOpen(question) && tokens.TrueForAll(t => _finder.IsGeneral(t) || t.Concepts.Any(c => c.Name is "otherwise" or "recent" or "wellbefore")))
        {
            // "Anything else?" asks for nothing in particular.
            return Found.Nothing;
        }

        var whole = Best(tokens, question, trusts);
        if (Manners.AsksResult(question) && !(whole.Match is { IsStrong: true } known && tokens.Exists(t => t.Is(WordKind.Test) && FactSays(known.Fact, t))))
        {
            return new([], IntentKind.Provoked, false);
        }

        if (whole.Match is not { } match)
        {
            return (_secrets.FirstIn(question) is not null && Manners.Suggests(question)) || provoked ? new([], IntentKind.Provoked, false)
                : whole.IsPrivate ? new([], IntentKind.Private, false)
                : IsJargon(tokens) ? new([], IntentKind.Jargon, false)
                : new(Area(tokens, provoked), IntentKind.Unknown, false);
        }

        if (provoked && !(match.Precise && match.Specific >= 1 && match.Explained >= 0.5))
        {
            return new([], IntentKind.Provoked, false);
        }

        if (IsJargon(tokens) && !tokens.Exists(t => !t.IsJargon && match.Fact.About.Any(a => Speech.Read(a).Exists(x => x.Meets(t) >= 0.9))))
        {
            return new([], IntentKind.Jargon, false);
        }

        if (read.IsImported && _finder.Rank(tokens, question) is [var best, var second, ..] && second.Score >= best.Score * NearlyAsGood)
        {
            // What was written for nobody to ask is less sharp: of two that fit as well, both are told.
            return new([best.Fact, second.Fact], IntentKind.Facts, match.Precise && match.Coverage >= 0.7);
        }

        return new([match.Fact, .. Beside(question, match, trusts)], IntentKind.Facts, match.Precise && match.Coverage >= 0.7);
    }

    private List<CaseFact> Area(List<Token> tokens, bool provoked) => provoked ? [] : [.. _finder.OfArea(tokens).Take(MaxFacts)];

    /// <summary>Other matters that the question names: each part of it that is about something else, and clearly so.</summary>
    private IEnumerable<CaseFact> Beside(string question, FactMatch first, bool trusts)
    {
        var parts = question.Split([" or ", " and ", ",", ";", "/", " as well as ", " nor "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length < 2)
        {
            yield break;
        }

        foreach (var part in parts)
        {
            var tokens = _finder.Read(part);
            if (tokens.Count > 0 && tokens.Exists(t => !t.Is(WordKind.Question) || t.Concepts.Any(c => c.Name is "illnesses" or "operations" or "medicines" or "allergies" or "ideas" or "concerns" or "expectations"))
                && Best(tokens, part, trusts).Match is { Coverage: >= 0.9, Precise: true } match && match.Explained >= 0.9 && match.Fact != first.Fact)
            {
                yield return match.Fact;
            }
        }
    }

    private (FactMatch? Match, bool IsPrivate) Best(List<Token> tokens, string question, bool trusts)
    {
        var isPrivate = false;
        foreach (var match in _finder.Rank(tokens, question).Take(5))
        {
            if (!match.IsStrong && match.Explained < (read.IsImported ? ImportedExplained : 0.5))
            {
                continue;
            }

            if (match.Fact.Told == CaseWords.Trusted && !trusts)
            {
                isPrivate |= match.Precise;
                if (match.Precise)
                {
                    return (null, true);
                }

                continue;
            }

            if (match.Fact.Told is CaseWords.Precisely or CaseWords.Trusted && !match.Precise)
            {
                continue;
            }

            return (match, false);
        }

        return (null, isPrivate);
    }

    private static bool IsJargon(List<Token> tokens) => tokens.Exists(t => t.IsJargon);

    private static bool FactSays(CaseFact fact, Token token) => fact.About.Any(a => Speech.Read(a).Exists(x => x.Meets(token) >= 0.9)) || Speech.Read(fact.Text).Exists(x => x.Meets(token) >= 0.9);

    /// <summary>What came of one question.</summary>
    private sealed record Found(IReadOnlyList<CaseFact> Facts, IntentKind Kind, bool IsCertain)
    {
        public static Found Nothing { get; } = new([], IntentKind.Heard, false);
    }
}
