using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Patient;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Scoring;

/// <summary>How the student spoke: binary items, each with the line that shows it.</summary>
internal static class Communication
{
    private const int Beginning = 3;
    private const int EnoughToJudge = 3;

    public static IEnumerable<ScoreItem> Of(AttemptState state)
    {
        List<(int Seq, string Text)> said = [.. state.Events.Where(e => e.IsSaid).Select(e => (e.Entry.Seq, e.Entry.Text))];
        yield return Item("introduced", "Introduces themselves", First(said.Take(Beginning), Manners.Introduces));
        yield return Item("open-first", "Begins with an open question", First(said.Where(s => Speech.Sentences(s.Text).Exists(Manners.IsQuestion)).Take(1), Manners.IsOpen));
        yield return Item("empathy", "Shows understanding", First(said, Manners.IsCaring));
        yield return Item("ideas", "Asks what the patient thinks it is", First(said, Manners.AsksIdeas));
        yield return Item("concerns", "Asks what the patient is worried about", First(said, s => Speech.Sentences(s).Exists(q => Manners.AsksConcerns(q) && Manners.IsQuestion(q))));
        yield return Item("summary", "Sums up for the patient", First(said, Manners.IsSummary));
        yield return Never("plain-words", "Speaks in plain words", said, s => Speech.Read(s).Exists(t => t.IsJargon));
        yield return Never("no-leading", "Asks no leading questions", said, s => Speech.Sentences(s).Exists(q => Manners.IsLeading(q) && !Manners.IsSummary(s)));
    }

    private static ScoreItem Item(string id, string text, int seq) => new(id, "communication", text, 1, seq > 0, seq);

    /// <summary>Something that must not happen; there must have been occasion for it.</summary>
    private static ScoreItem Never(string id, string text, List<(int Seq, string Text)> said, Predicate<string> happens)
    {
        var seq = First(said, happens);
        return new(id, "communication", text, 1, seq == 0 && said.Count >= EnoughToJudge, seq);
    }

    private static int First(IEnumerable<(int Seq, string Text)> said, Predicate<string> fits) => said.FirstOrDefault(s => fits(s.Text)).Seq;
}
