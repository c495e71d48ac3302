using Troupe.Apps.MedSim.Patient;
using Troupe.Server.Import;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>Where an attempt stands: a function of its log and of nothing else.</summary>
internal sealed class AttemptState
{
    /// <summary>Minutes of case time that a question takes.</summary>
    public const double QuestionMinutes = 0.5;

    /// <summary>Minutes of case time that an order takes to write.</summary>
    public const double OrderMinutes = 1;

    private readonly Dictionary<string, (AttemptNote Note, int Seq)> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<long, List<string>> _toldIn = [];

    private AttemptState()
    {
    }

    /// <summary>How it began; null where the session is no attempt.</summary>
    public AttemptNote? Begin { get; private set; }

    public DateTimeOffset StartedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>All that happened, in order.</summary>
    public List<AttemptEvent> Events { get; } = [];

    public List<AttemptOrder> Orders { get; } = [];

    public double Minutes { get; private set; }

    public int Cost { get; private set; }

    public AttemptNote? Diagnosis { get; private set; }

    public AttemptNote? Plan { get; private set; }

    public int HintsUsed { get; private set; }

    public bool IsFinished => FinishedAt is not null;

    /// <summary>Whether it was a session of a former MedSim: over, and without a score.</summary>
    public bool IsImported => Begin?.Mode == AttemptRow.Imported;

    public bool IsOsce => Begin?.Mode == "osce";

    /// <summary>The seconds of the last event that says how long the server has run, and when that was.</summary>
    public double SealedSeconds { get; private set; }

    public DateTimeOffset SealedAt { get; private set; }

    /// <summary>What the patient remembers.</summary>
    public InterviewMemory Memory { get; private set; } = InterviewMemory.Begin(0);

    /// <summary>Puts an attempt together from its log.</summary>
    /// <param name="entries">The entries by seq.</param>
    public static AttemptState Of(IEnumerable<Entry> entries)
    {
        var state = new AttemptState();
        foreach (var entry in entries)
        {
            state.Add(entry);
        }

        return state;
    }

    /// <summary>The event that a key brought about; null for a key that is new.</summary>
    public (AttemptNote Note, int Seq)? FindKey(string? key) => key is not null && _keys.TryGetValue(key, out var found) ? found : null;

    /// <summary>The facts that a turn told.</summary>
    public IReadOnlyList<string> ToldIn(long turn) => _toldIn.GetValueOrDefault(turn) ?? [];

    private void Add(Entry entry)
    {
        var note = AttemptNote.Read(entry);
        switch (entry.Role)
        {
            case EntryRole.User:
                Minutes += QuestionMinutes;
                Events.Add(new(entry, null, Minutes));
                Memory = Memory with { Messages = Memory.Messages + 1, Trusts = Memory.Trusts || Manners.IsCaring(entry.Text) };
                return;

            case EntryRole.Assistant:
                Events.Add(new(entry, null, Minutes));
                return;

            case EntryRole.Note when note is not null:
                Apply(entry, note);
                return;

            case EntryRole.Note when Begin is null && !KeptMembers.IsNote(entry):
                // What somebody else said, such as an examiner, in a former session; nothing of ours stands before the beginning.
                Events.Add(new(entry, new AttemptNote { Medsim = AttemptNote.Remark, Text = entry.Text }, Minutes));
                return;
        }
    }

    /// <summary>A former session stands before its mark, and its minutes are those that passed.</summary>
    private void Receive()
    {
        if (Events.Count > 0)
        {
            (StartedAt, FinishedAt) = (Events.Min(e => e.Entry.At), Events.Max(e => e.Entry.At));
        }

        FinishedAt ??= StartedAt;
        for (var i = 0; i < Events.Count; i++)
        {
            Events[i] = Events[i] with { Minute = (Events[i].Entry.At - StartedAt).TotalMinutes };
        }

        Minutes = (FinishedAt.Value - StartedAt).TotalMinutes;
    }

    private void Apply(Entry entry, AttemptNote note)
    {
        if (note.Medsim == AttemptNote.Begin)
        {
            Begin ??= note;
            StartedAt = SealedAt = entry.At;
            if (IsImported)
            {
                Receive();
            }

            Memory = InterviewMemory.Begin(note.Seed ?? 0);
            return;
        }

        (SealedSeconds, SealedAt) = (note.Real, entry.At);
        if (note.Key is { } key)
        {
            _keys.TryAdd(key, (note, entry.Seq));
        }

        Minutes += note.Medsim switch
        {
            AttemptNote.Order => note.Status == "ordered" ? OrderMinutes : 0,
            AttemptNote.Examination or AttemptNote.Wait => note.Minutes ?? 0,
            _ => 0,
        };
        Cost += note.Cost ?? 0;
        switch (note.Medsim)
        {
            case AttemptNote.Reply:
                _told.UnionWith(note.Facts ?? []);
                if (entry.TurnNumber > 0)
                {
                    (_toldIn.TryGetValue(entry.TurnNumber, out var facts) ? facts : _toldIn[entry.TurnNumber] = []).AddRange(note.Facts ?? []);
                }

                Memory = Memory with { Told = new HashSet<string>(_told, StringComparer.Ordinal) };
                break;

            case AttemptNote.Order:
                Orders.Add(new(entry.Seq, note, Minutes, Minutes + (note.Minutes ?? 0)));
                break;

            case AttemptNote.Hint:
                HintsUsed++;
                break;

            case AttemptNote.Diagnosis:
                Diagnosis = note;
                break;

            case AttemptNote.Plan:
                Plan = note;
                break;

            case AttemptNote.Finish:
                FinishedAt ??= entry.At;
                break;
        }

        Events.Add(new(entry, note, Minutes));
    }
}
