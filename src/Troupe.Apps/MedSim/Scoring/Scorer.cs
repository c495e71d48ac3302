using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;

namespace Troupe.Apps.MedSim.Scoring;

/// <summary>Scores an attempt from its log: the same log, the same score.</summary>
internal static class Scorer
{
    /// <summary>Points of 100 that a hint costs.</summary>
    public const double HintPrice = 3;

    private const double DifferentialShare = 0.3;
    private const int WantedDifferentials = 3;
    private const double WastefulShare = 0.15;

    public static Score Of(PatientCase read, AttemptState state)
    {
        List<ScoreItem> items = [.. History(read, state), .. Examination(read, state), .. Investigations(read, state), .. PlanItems(read, state), .. Communication.Of(state)];
        var credit = Answers.CreditOf(read.Diagnosis, state.Diagnosis?.Text);
        List<CaseDifferential> named = [.. read.Diagnosis.Differentials.Where(d => Answers.Names(state.Diagnosis?.Differentials ?? [], d))];
        List<string> wasteful = Wasteful(read, state);
        var rubric = read.Rubric;
        var worked = (ShareOf(items, "history") + ShareOf(items, "examination") + ShareOf(items, "investigations")) / 3;
        AreaView[] areas =
        [
            Area("history", rubric.History, ShareOf(items, "history")), Area("examination", rubric.Examination, ShareOf(items, "examination")),
            Area("investigations", rubric.Investigations, ShareOf(items, "investigations")), Area("diagnosis", rubric.Diagnosis, DiagnosisShare(read, credit, named.Count)),
            Area("plan", rubric.Plan, ShareOf(items, "plan")), Area("communication", rubric.Communication, ShareOf(items, "communication")),
            Area("efficiency", rubric.Efficiency, EfficiencyShare(read, state, wasteful.Count) * Math.Min(1, worked * 2)),
        ];
        var hints = state.HintsUsed * HintPrice;
        return new(Math.Round(Math.Max(0, areas.Sum(a => a.Points) - hints), 1), areas, items, credit, named, wasteful, hints);
    }

    /// <summary>The weight of all items of an area that can win points.</summary>
    public static double WeightOf(IEnumerable<ScoreItem> items, string area) => items.Where(i => i.Area == area && i.Weight > 0).Sum(i => i.Weight);

    private static AreaView Area(string area, int weight, double share) => new(area, weight, Math.Round(weight * share, 2), Math.Round(share, 4));

    private static double ShareOf(List<ScoreItem> items, string area)
    {
        var all = WeightOf(items, area);
        return all == 0 ? 0 : Math.Clamp(items.Where(i => i.Area == area && i.Done).Sum(i => i.Weight) / all, 0, 1);
    }

    private static IEnumerable<ScoreItem> History(PatientCase read, AttemptState state)
    {
        var asked = state.Events.Where(e => e.IsSaid).GroupBy(e => e.Entry.TurnNumber).ToDictionary(g => g.Key, g => g.First().Entry.Seq);
        var told = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var reply in state.Events.Where(e => e.Note?.Medsim == AttemptNote.Reply))
        {
            foreach (var fact in reply.Note!.Facts ?? [])
            {
                told.TryAdd(fact, asked.GetValueOrDefault(reply.Entry.TurnNumber, reply.Entry.Seq));
            }
        }

        return read.Facts.Where(f => f.Item is not null).Select(f => new ScoreItem(f.Id, "history", f.Item!, f.Weight, told.ContainsKey(f.Id), told.GetValueOrDefault(f.Id), f.Critical));
    }

    private static IEnumerable<ScoreItem> Examination(PatientCase read, AttemptState state) =>
        read.Examination.Where(e => e.Weight is not null)
            .Select(e => new ScoreItem(e.Id, "examination", e.Name, e.Weight!.Value, SeqOf(state, AttemptNote.Examination, e.Id) > 0, SeqOf(state, AttemptNote.Examination, e.Id), e.Critical));

    private static IEnumerable<ScoreItem> Investigations(PatientCase read, AttemptState state) =>
        read.Tests.Where(t => t.Weight is not null)
            .Select(t => new ScoreItem(t.Id, "investigations", t.Name, t.Weight!.Value, SeqOf(state, AttemptNote.Order, t.Id) > 0, SeqOf(state, AttemptNote.Order, t.Id), t.Critical));

    private static IEnumerable<ScoreItem> PlanItems(PatientCase read, AttemptState state)
    {
        var seq = state.Events.FindLast(e => e.Note?.Medsim == AttemptNote.Plan)?.Entry.Seq ?? 0;
        var planned = state.Plan?.Text is { } plan ? Answers.Planned(plan, read.Plan) : [];
        foreach (var item in read.Plan)
        {
            var done = planned.Contains(item.Id);
            var weight = item.Kind switch { "critical" => 2, "recommended" => 1, "harmful" => -2, _ => 0 };
            yield return new ScoreItem(item.Id, "plan", item.Text, weight, done, done ? seq : 0, item.Kind == "critical", item.Kind, item.Why);
        }
    }

    private static int SeqOf(AttemptState state, string kind, string id) =>
        state.Events.Find(e => e.Note?.Medsim == kind && e.Note.Id == id && e.Note.Status is not LookupAnswer.NotAvailable)?.Entry.Seq ?? 0;

    private static double DiagnosisShare(PatientCase read, string credit, int named)
    {
        var right = credit switch { Answers.Full => 1, Answers.Partial => 0.5, _ => 0 };
        var wanted = Math.Min(WantedDifferentials, read.Diagnosis.Differentials.Count);
        return wanted == 0 ? right : (right * (1 - DifferentialShare)) + (DifferentialShare * Math.Min(1, (double)named / wanted));
    }

    private static double EfficiencyShare(PatientCase read, AttemptState state, int wasteful) =>
        Math.Max(0, ((Within(state.Minutes, read.Minutes) + Within(state.Cost, read.Budget)) / 2) - (wasteful * WastefulShare));

    /// <summary>All of it within the budget, nothing of it from twice the budget on.</summary>
    private static double Within(double spent, double budget) => Math.Clamp(2 - (spent / Math.Max(1, budget)), 0, 1);

    private static List<string> Wasteful(PatientCase read, AttemptState state)
    {
        var lookup = Lookup.Tests(read);
        var needless = read.Wasteful.Select(w => lookup.Find(w) is { Status: not LookupAnswer.Which and not LookupAnswer.NotKnown } found ? found.Name : w).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. state.Orders.Select(o => o.Note.Name!).Where(needless.Contains).Distinct(StringComparer.OrdinalIgnoreCase)];
    }
}
