using System.Globalization;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Findings;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>What students do, one method an action: given the case and where the attempt stands, the event that it becomes, or a refusal.</summary>
internal static class AttemptActions
{
    private const double MaxWait = 10_080;
    private const int DoneTwice = 1;

    public static AttemptAction Examine(PatientCase read, AttemptState state, string what)
    {
        var found = Lookup.Examinations(read).Find(what);
        if (found.Status is LookupAnswer.Which or LookupAnswer.NotKnown)
        {
            return found.Status == LookupAnswer.Which ? Unclear(found, state) : throw NotKnown("examination", what);
        }

        return AttemptAction.Of(
            new AttemptNote { Medsim = AttemptNote.Examination, Id = found.Id, Name = found.Name, Group = found.Group, Status = found.Status, Text = found.Text, Minutes = found.Minutes }, found.Status, state);
    }

    public static AttemptAction Order(PatientCase read, AttemptState state, string what)
    {
        var found = Lookup.Tests(read).Find(what);
        switch (found.Status)
        {
            case LookupAnswer.Which:
                return Unclear(found, state);

            case LookupAnswer.NotKnown:
                throw NotKnown("test", what);

            case LookupAnswer.NotAvailable:
                return AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Order, Name = found.Name, Group = found.Group, Status = found.Status }, found.Status, state);
        }

        if (state.Orders.Count(o => o.Note.Name == found.Name && o.Note.Status == "ordered" && o.Ready > state.Minutes) >= DoneTwice)
        {
            throw new TroupeException(ErrorKind.Conflict, "already_ordered", $"'{found.Name}' is on its way already. Wait for its result.");
        }

        return AttemptAction.Of(
            new AttemptNote
            {
                Medsim = AttemptNote.Order,
                Id = found.Id,
                Name = found.Name,
                Group = found.Group,
                Status = "ordered",
                Text = found.Text,
                Trace = found.Trace,
                Minutes = found.Minutes,
                Cost = found.Cost,
            },
            "ordered", state);
    }

    public static AttemptAction Wait(AttemptState state, double? minutes)
    {
        if (minutes is not null and not (> 0 and <= MaxWait))
        {
            throw Invalid("minutes", string.Create(CultureInfo.InvariantCulture, $"'minutes' is {minutes}; it must be more than 0 and at most {MaxWait}."));
        }

        var next = state.Orders.Where(o => o.Note.Status == "ordered" && o.Ready > state.Minutes).Select(o => (double?)o.Ready).Min();
        if (minutes is null && next is null)
        {
            throw new TroupeException(ErrorKind.Conflict, "nothing_pending", "No result is on its way. Order something, or say how many 'minutes' to wait.");
        }

        return AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Wait, Minutes = Math.Round(minutes ?? next!.Value - state.Minutes, 2) }, "waited", state);
    }

    public static AttemptAction Note(AttemptState state, string text) => AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Remark, Text = text }, "noted", state);

    public static AttemptAction Hint(PatientCase read, AttemptState state) =>
        state.IsOsce ? throw new TroupeException(ErrorKind.Conflict, "hints_off", "There are no hints in an OSCE.")
        : state.HintsUsed >= read.Hints.Count ? throw new TroupeException(ErrorKind.Conflict, "hints_used_up", "There are no more hints to this case.")
        : AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Hint, Text = read.Hints[state.HintsUsed] }, "hint", state);

    public static AttemptAction Diagnose(AttemptState state, string diagnosis, IReadOnlyList<string> differentials) =>
        AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Diagnosis, Text = diagnosis, Differentials = differentials }, "diagnosed", state);

    public static AttemptAction Plan(AttemptState state, string text) => AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Plan, Text = text }, "planned", state);

    public static AttemptAction Finish(AttemptState state) => state.Diagnosis is null
        ? throw new TroupeException(ErrorKind.Conflict, "attempt_incomplete", "There is no diagnosis yet. Give one, then finish.")
        : AttemptAction.Of(new AttemptNote { Medsim = AttemptNote.Finish }, "finished", state);

    /// <summary>The answer to a client.</summary>
    public static ActionReply Answer(AttemptAction action, PatientCase read, double seconds)
    {
        var (state, did) = (action.State, action.Event);
        var order = did?.Medsim == AttemptNote.Order ? state.Orders.Find(o => o.Seq == action.Seq) : null;
        return new(
            action.Status, AttemptViews.ClockOf(read, state, seconds), AttemptViews.StateOf(state, seconds), action.Seq, did?.Name, order is null && did?.Medsim != AttemptNote.Order ? did?.Text : null,
            action.Choices, did?.Cost, order is { Note.Status: "ordered" } ? Math.Round(order.Ready, 1) : null, Score: AttemptViews.ScoreOf(read, state));
    }

    private static AttemptAction Unclear(LookupAnswer found, AttemptState state) => new(LookupAnswer.Which, state) { Choices = found.Choices };

    private static TroupeException NotKnown(string kind, string what) => new(
        ErrorKind.Invalid, $"{kind}_unknown", $"Nobody here knows the {kind} '{(what.Length <= 80 ? what : TextRules.Mend(what[..80]))}'. Say it in other words, or pick it from /api/v1/medsim/catalogue.")
    {
        Member = "what",
    };

    private static TroupeException Invalid(string member, string message) => new(ErrorKind.Invalid, "member_invalid", message) { Member = member };
}
