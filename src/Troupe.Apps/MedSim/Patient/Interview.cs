using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>Decides what a patient does with what a student says: which facts may be told now, and nothing else. Deterministic; thread-safe.</summary>
internal sealed class Interview(PatientCase read)
{
    private const int MaxFacts = 3;
    private const int MaxOffered = 2;
    private const int MaxSentences = 6;
    private const int MaxLength = 2000;

    /// <summary>From here on a fact is told.</summary>
    private const double Told = 0.17;
    private const double ToldImported = 0.0125;

    /// <summary>From here on there is no doubt which fact is meant.</summary>
    private const double Certain = 0.4;
    private const double CertainImported = 0.25;
    private const double VeryLike = 0.7;

    /// <summary>So like what a fact is asked by is a question that names the matter.</summary>
    private const double Named = 0.3;

    /// <summary>How likely it is that a question is an open one, and that it may be.</summary>
    private const double IsOpen = 0.5;
    private const double MayBeOpen = 0.15;

    private const double NearlyAsGood = 0.5;
    private const int MinWordsOfPart = 3;

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
        if (sentences.Count > questions.Count && questions.Count > 0 && found.TrueForAll(f => f.Facts.Count == 0 && f.Kind is IntentKind.Heard or IntentKind.Unknown))
        {
            // "Some people wish they were dead. Is that so with you?"
            found.Add(Answer(said, trusts, provoked));
        }

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
            : found.Contains(Found.Open) || Manners.IsOpen(said) ? Offer(memory)
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
        var reading = _finder.Read(Asked(question));
        if (reading.Best < Sure && (reading.Open >= IsOpen || (Manners.IsOpen(question) && (reading.Open >= MayBeOpen || reading.Best < Told))))
        {
            return Found.Open;
        }

        if (reading.Best < Sure && reading.Manners >= IsOpen)
        {
            return Found.Nothing;
        }

        var (match, isPrivate) = Best(reading, trusts);
        if (Manners.AsksResult(question) && !(match is { } known && known.Score >= Sure && reading.Tokens.Exists(t => t.Is(WordKind.Test) && FactSays(known.Fact, t))))
        {
            return new([], IntentKind.Provoked, false);
        }

        if (match is null)
        {
            return (_secrets.FirstIn(question) is not null && Manners.Suggests(question)) || provoked ? new([], IntentKind.Provoked, false)
                : isPrivate ? new([], IntentKind.Private, false)
                : Parts(question, null, trusts) is { Count: > 0 } parts ? new(parts, IntentKind.Facts, false)
                : new([], reading.Tokens.Exists(t => t.IsJargon) ? IntentKind.Jargon : IntentKind.Unknown, false);
        }

        if (provoked && !IsSure(match))
        {
            return new([], IntentKind.Provoked, false);
        }

        if (reading.Tokens.Exists(t => t.IsJargon) && !reading.Tokens.Exists(t => !t.IsJargon && IsAbout(match.Fact, t)))
        {
            return new([], IntentKind.Jargon, false);
        }

        var isCertain = IsSure(match);
        if (read.IsImported)
        {
            // What was written for nobody to ask is less sharp: those that fit nearly as well are told along.
            return new([.. reading.Matches.Where(m => m.Score >= match.Score * NearlyAsGood).Select(m => m.Fact).Take(MaxFacts)], IntentKind.Facts, isCertain);
        }

        return new([match.Fact, .. Parts(question, match.Fact, trusts)], IntentKind.Facts, isCertain);
    }

    /// <summary>The question without what leads up to it: "I ask everybody this: do you smoke?".</summary>
    private static string Asked(string question)
    {
        foreach (var turn in Turns)
        {
            if (question.LastIndexOf(turn, StringComparison.OrdinalIgnoreCase) is > 0 and var at && question[(at + turn.Length)..].Trim() is var rest && Manners.IsQuestion(rest) && SpokenWords.Of(rest).Count >= 3)
            {
                return rest;
            }
        }

        return question;
    }

    private static readonly string[] Turns = [":", ", but ", "; "];

    /// <summary>Other matters that the question names: each part of it that is about something else, and clearly so.</summary>
    private List<CaseFact> Parts(string question, CaseFact? first, bool trusts)
    {
        var parts = Asked(question).Split([" or ", " and ", ",", ";", "/", " as well as ", " nor "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length < 2 ? [] : [.. parts.Where(p => first is null || SpokenWords.Of(p).Count >= MinWordsOfPart).Select(p => Best(_finder.Read(p), trusts).Match).OfType<FactMatch>().Where(IsSure).Select(m => m.Fact).Where(f => f != first).Distinct()];
    }

    private (FactMatch? Match, bool IsPrivate) Best(QuestionReading reading, bool trusts)
    {
        foreach (var match in reading.Matches)
        {
            if (match.Score < (read.IsImported ? ToldImported : Told))
            {
                break;
            }

            if (match.Fact.Told is CaseWords.Precisely or CaseWords.Trusted && match.Likeness < Named)
            {
                continue;
            }

            return match.Fact.Told == CaseWords.Trusted && !trusts ? (null, true) : (match, false);
        }

        return (null, false);
    }

    private double Sure => read.IsImported ? CertainImported : Certain;

    private bool IsSure(FactMatch match) => match.Score >= Sure && match.Likeness >= VeryLike;

    private static bool IsAbout(CaseFact fact, Token token) => fact.About.Any(a => Says(a, token));

    private static bool FactSays(CaseFact fact, Token token) => IsAbout(fact, token) || Says(fact.Text, token);

    private static bool Says(string text, Token token) => Speech.Read(text).Exists(t => t.Meets(token) >= 0.9);

    /// <summary>What came of one question.</summary>
    private sealed record Found(IReadOnlyList<CaseFact> Facts, IntentKind Kind, bool IsCertain)
    {
        public static Found Nothing { get; } = new([], IntentKind.Heard, false);

        /// <summary>It asked for nothing in particular.</summary>
        public static Found Open { get; } = new([], IntentKind.NothingMore, false);
    }
}
