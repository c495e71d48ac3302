using System.Globalization;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;
using Troupe.Apps.MedSim.Patient;
using Troupe.Apps.MedSim.Scoring;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>An attempt as clients see it.</summary>
internal static class AttemptViews
{
    public static PatientView Of(CasePatient patient) => new(patient.Name, patient.Age, patient.Sex, patient.Occupation, patient.Speaker);

    public static CaseLine LineOf(PatientCase read, int attempts, double? best) => new(
        read.Id, read.Title, read.Specialty, read.Difficulty, read.Setting, read.Minutes, read.Budget, Of(read.Patient), SourceOf(read), attempts, best);

    public static CaseView ViewOf(PatientCase read, int attempts, double? best, bool isPractice = false) => new(
        read.Id, read.Title, read.Specialty, read.Difficulty, read.Setting, read.Minutes, read.Budget, Of(read.Patient), SourceOf(read), attempts, best, read.Task, read.Patient.Opening,
        isPractice ? RubricOf(read.Rubric) : null);

    public static string StateOf(AttemptState state, double seconds) =>
        state.IsFinished ? "finished" : state.IsOsce && seconds >= state.Begin!.LimitSeconds ? "time_up" : "running";

    public static ClockView ClockOf(PatientCase read, AttemptState state, double seconds) => new(
        Math.Round(state.Minutes, 1), read.Minutes, state.Cost, read.Budget, state.IsOsce ? Math.Round(seconds, 1) : null, state.IsOsce ? state.Begin!.LimitSeconds : null);

    public static AttemptView ViewOf(string id, PatientCase read, AttemptState state, double seconds, double? score) => new(
        id, state.Begin!.Mode!, StateOf(state, seconds), state.Begin.Class, state.StartedAt, state.FinishedAt, ViewOf(read, 0, null), ClockOf(read, state, seconds),
        state.IsImported || (state.IsOsce && !state.IsFinished) ? null : RubricOf(read.Rubric), state.IsOsce || state.IsImported ? 0 : Math.Max(0, read.Hints.Count - state.HintsUsed), Scorer.HintPrice, EventsOf(state), OrdersOf(state),
        state.Diagnosis is { } diagnosis ? new(diagnosis.Text ?? "", diagnosis.Differentials ?? []) : null, state.Plan?.Text, score);

    public static List<OrderView> OrdersOf(AttemptState state) => state.Orders.ConvertAll(o =>
    {
        var ready = o.Note.Status == "ordered" && (o.Ready <= state.Minutes || state.IsFinished);
        var status = o.Note.Status != "ordered" ? LookupAnswer.NotAvailable : !ready ? "pending" : o.Note.Id is null ? LookupAnswer.Normal : "ready";
        return new OrderView(o.Seq, o.Note.Name!, o.Note.Group ?? "other", status, o.Note.Cost ?? 0, Round(o.Ordered), Round(o.Ready), ready ? o.Note.Text : null, ready ? o.Note.Trace : null);
    });

    /// <summary>All that happened, with the results where they arrived.</summary>
    public static List<EventView> EventsOf(AttemptState state, ILookup<int, string>? ticks = null)
    {
        var views = new List<EventView>();
        var waiting = new List<AttemptOrder>();
        var sources = state.Events.Where(e => e.Note?.Medsim == AttemptNote.Reply).GroupBy(e => e.Entry.TurnNumber).ToDictionary(g => g.Key, g => g.Last().Note!);
        foreach (var happened in state.Events)
        {
            if (ViewOf(happened, sources, state.IsImported ? null : PatientAnswer.Facts, ticks) is { } view)
            {
                views.Add(view);
            }

            Arrive(happened.Minute, happened.Entry.At);

            if (state.Orders.Find(o => o.Seq == happened.Entry.Seq) is { Note.Status: "ordered" } order)
            {
                waiting.Add(order);
            }
        }

        return views;

        void Arrive(double minute, DateTimeOffset at)
        {
            foreach (var order in waiting.Where(o => o.Ready <= minute).OrderBy(o => o.Ready).ToList())
            {
                waiting.Remove(order);
                views.Add(new(order.Seq, "result", at, Round(order.Ready), order.Note.Text ?? "", order.Note.Name, order.Note.Id is null ? LookupAnswer.Normal : LookupAnswer.Result));
            }
        }
    }

    private static EventView? ViewOf(AttemptEvent happened, Dictionary<long, AttemptNote> sources, string? usual, ILookup<int, string>? ticks)
    {
        var entry = happened.Entry;
        var turn = entry.TurnNumber == 0 ? null : entry.TurnNumber.ToString(CultureInfo.InvariantCulture);
        var minute = Round(happened.Minute);
        IReadOnlyList<string>? own = ticks?[entry.Seq].ToList() is { Count: > 0 } found ? found : null;
        if (happened.IsSaid)
        {
            return new(entry.Seq, "said", entry.At, minute, entry.Text, TurnId: turn, Ticks: own);
        }

        if (happened.IsReply)
        {
            var note = sources.GetValueOrDefault(entry.TurnNumber);
            return new(entry.Seq, "reply", entry.At, minute, entry.Text, Source: note?.Source ?? usual, Reason: note?.Reason, TurnId: turn, Ticks: own);
        }

        return happened.Note is not { Medsim: not AttemptNote.Reply } did ? null : new(
            entry.Seq, did.Medsim, entry.At, minute, did.Medsim == AttemptNote.Order ? "" : did.Text ?? "", did.Name, did.Status, did.Medsim == AttemptNote.Examination ? did.Group : null,
            Differentials: did.Differentials, Ticks: own);
    }

    private static double Round(double minutes) => Math.Round(minutes, 1);

    /// <summary>The score of what is finished; null before, and where there is none to be had.</summary>
    public static double? ScoreOf(PatientCase read, AttemptState state) => state is { IsFinished: true, IsImported: false } ? Scorer.Of(read, state).Total : null;

    private static string SourceOf(PatientCase read) => read.Specialty.Length == 0 ? "unknown" : read.IsImported || !ReferenceEquals(CaseLibrary.Own.GetValueOrDefault(read.Id), read) ? "imported" : "own";

    private static RubricView RubricOf(CaseRubric rubric) =>
        new(rubric.History, rubric.Examination, rubric.Investigations, rubric.Diagnosis, rubric.Plan, rubric.Communication, rubric.Efficiency);
}
