using System.Globalization;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Scoring;

/// <summary>A score line by line, beside the transcript.</summary>
internal static class DebriefView
{
    public static Debrief Of(AttemptLine line, PatientCase read, AttemptState state)
    {
        var score = Scorer.Of(read, state);
        var events = state.Events.ToDictionary(e => e.Entry.Seq);
        List<ItemView> items = [.. score.Items.Select(i => ViewOf(i, score, events))];
        var ticks = score.Items.Where(i => i.Seq > 0 && i.Done).ToLookup(i => i.Seq, i => i.Id);
        return new(
            line with { Score = score.Total }, score.Total, score.Areas, items, [.. score.Items.Where(i => i.Critical && !i.Done).Select(i => i.Text)],
            [.. score.Items.Where(i => i.Kind == "harmful" && i.Done).Select(i => i.Text)],
            new(state.Diagnosis?.Text, read.Diagnosis.Name, score.Credit, [.. read.Diagnosis.Differentials.Select(d => new DifferentialView(d.Name, d.Why, score.Named.Contains(d)))]),
            new(Math.Round(state.Minutes, 1), read.Minutes, state.Cost, read.Budget, score.Wasteful, state.HintsUsed, score.HintPoints),
            AttemptViews.EventsOf(state, ticks), read.Expert, read.Teaching, read.References);
    }

    private static ItemView ViewOf(ScoreItem item, Score score, Dictionary<int, AttemptEvent> events)
    {
        var weight = score.Areas.First(a => a.Area == item.Area).Weight;
        var all = Scorer.WeightOf(score.Items, item.Area);
        var of = all == 0 ? 0 : Math.Round(weight * item.Weight / all, 2);
        var happened = events.GetValueOrDefault(item.Seq);
        return new(
            item.Id, item.Area, item.Text, (int)Math.Abs(item.Weight), item.Critical, item.Done, item.Done ? of : 0, Math.Max(0, of), item.Kind, item.Seq == 0 ? null : item.Seq,
            happened is { Entry.TurnNumber: > 0 and var turn } ? turn.ToString(CultureInfo.InvariantCulture) : null, happened is null ? null : Math.Round(happened.Minute, 1), item.Why);
    }
}
