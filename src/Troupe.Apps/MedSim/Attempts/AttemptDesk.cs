using System.Globalization;
using System.Text.Json;
using Troupe.Agents;
using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Classes;
using Troupe.Apps.MedSim.Patient;
using Troupe.Apps.MedSim.Scoring;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>Begins attempts and carries out what students do in them. Each action is one event in the session's log, or nothing. Thread-safe.</summary>
internal sealed class AttemptDesk(AgentRuntime runtime, CaseShelf shelf, ServerHours hours, ClassRegister classes)
{
    private const int RemarkBytes = 16 << 10;
    private const int MaxEvents = 5000;
    private static readonly string[] Modes = ["practice", "osce"];

    /// <summary>Makes an attempt and its session in one transaction.</summary>
    public async Task<string> BeginAsync(string owner, AttemptRequest request, Func<string, Receipt>? receipt, CancellationToken cancellationToken)
    {
        if (!Modes.Contains(request.Mode, StringComparer.Ordinal))
        {
            throw new TroupeException(ErrorKind.Invalid, "member_invalid", $"'mode' is '{Shorten(request.Mode)}'; it must be practice or osce.") { Member = "mode" };
        }

        var (read, caseOwner) = await shelf.FindAsync(request.Case, owner, cancellationToken)
            ?? throw new TroupeException(ErrorKind.NotFound, "case_not_found", $"There is no case '{Shorten(request.Case)}'. See /api/v1/medsim/cases.") { Member = "case" };
        if (request.ClassId is { } id && !await classes.IsMemberAsync(owner, id, cancellationToken))
        {
            throw new TroupeException(ErrorKind.NotFound, "class_not_found", $"You are in no class '{Shorten(id)}'. Join it with its invite.") { Member = "class_id" };
        }

        await hours.Loaded;
        var now = runtime.Time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        var begin = new AttemptNote
        {
            Medsim = AttemptNote.Begin,
            Case = read.Id,
            CaseOwner = caseOwner,
            CaseHash = read.Hash,
            Mode = request.Mode,
            Class = request.ClassId,
            Seed = (int)(now.Ticks & 0x3fffffff),
            LimitSeconds = request.Mode == "osce" ? read.Minutes * 60 : null,
        };
        Entry[] entries = [new(1, 0, 0, EntryRole.Note, now, $"{read.Title} ({request.Mode})", begin.Write()), new(2, 1, 0, EntryRole.Assistant, now, read.Patient.Opening)];
        var row = new AttemptRow(read.Id, read.Hash, read.Title, read.Specialty, read.Difficulty, request.Mode, now, caseOwner, request.ClassId);
        var agent = PatientAgent.Name;
        var (session, _) = await runtime.Sessions.ImportAsync(
            owner, agent, Durability.Durable, read.Title, entries.Length, entries, receipt is null ? null : s => receipt(s.Id),
            beside: s => new StoreOperation.PutDocument(DocumentOf(s, row, now)), cancellationToken: cancellationToken);
        if (begin.Mode == "osce")
        {
            hours.Watch();
        }

        // While the student reads the case, so that the first question need not wait for it.
        _ = Task.Run(() => FactFinder.For(read), CancellationToken.None);
        return session.Record.Id;
    }

    /// <summary>An attempt of an owner, as it stands.</summary>
    /// <exception cref="TroupeException">There is none (code attempt_not_found).</exception>
    public async Task<(PatientCase Case, AttemptState State, double Seconds)> OpenAsync(string id, string owner, CancellationToken cancellationToken)
    {
        await hours.Loaded;
        var entries = new List<Entry>();
        try
        {
            var reading = await runtime.Sessions.ReadAsync(id, owner, cancellationToken);
            await foreach (var entry in reading.EntriesAsync(cancellationToken))
            {
                entries.Add(entry);
            }
        }
        catch (TroupeException failure) when (failure.Kind == ErrorKind.NotFound)
        {
            throw NoSuchAttempt(id);
        }

        var state = AttemptState.Of(entries);
        if (state.Begin is not { } begin)
        {
            throw NoSuchAttempt(id);
        }

        var read = state.IsImported
            ? FormerSession.Find(begin.Names ?? [], await CasesAsync(owner, cancellationToken)) ?? FormerSession.Unknown(begin.Case!)
            : await shelf.GetAsync(begin.Case!, begin.CaseOwner, begin.CaseHash, cancellationToken);
        if (state is { IsOsce: true, IsFinished: false })
        {
            hours.Watch();
        }

        return (read, state, SecondsOf(state));
    }

    /// <summary>Carries out an action, once for its key.</summary>
    /// <param name="id">The attempt.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="key">The client's idempotency key; null without one.</param>
    /// <param name="body">What the request means.</param>
    /// <param name="isClosing">Whether it is taken after the time of an OSCE is up.</param>
    /// <param name="act">What is done, given where the attempt stands; it refuses by throwing.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<AttemptAction> ActAsync(
        string id, string owner, string? key, string[] body, bool isClosing, Func<PatientCase, AttemptState, AttemptAction> act, CancellationToken cancellationToken)
    {
        // Also to refuse a foreign id, and to have the case at hand.
        var (read, _, _) = await OpenAsync(id, owner, cancellationToken);
        var row = await runtime.Store.ReadDocumentsAsync(new DocumentQuery(AttemptRow.Kind) { Owner = owner, Id = id }, cancellationToken) is [var found] ? found : null;
        var (keyHash, bodyHash) = (key is null ? null : Hex(Hashing.Of(key)), key is null ? null : Hex(Hashing.Of(body)));
        return await runtime.Sessions.UseAsync(
            id, owner,
            async session =>
            {
                AttemptAction? done = null;
                var entry = await session.RemarkAsync(
                    RemarkBytes,
                    entries =>
                    {
                        var state = AttemptState.Of(entries);
                        if (state.FindKey(keyHash) is { } known)
                        {
                            done = known.Note.Body == bodyHash ? Replay(known.Note, known.Seq, state)
                                : throw new TroupeException(ErrorKind.KeyReused, "idempotency_key_reused", "This Idempotency-Key was already used with another body. Use a new key for a new request.");
                            return null;
                        }

                        Refuse(state, isClosing);
                        if (entries.Count >= MaxEvents)
                        {
                            throw new TroupeException(ErrorKind.Conflict, "attempt_full", $"An attempt has at most {MaxEvents} events. Finish it.");
                        }

                        done = act(read, state);
                        return done.Note is { } note ? Remark(note with { Real = SecondsOf(state), Key = keyHash, Body = bodyHash }, state, read, row) : null;
                    },
                    cancellationToken);
                return entry is null ? done! : done! with { Seq = entry.Seq, State = AttemptState.Of(Enumerable.Range(1, entry.Seq).Select(seq => session[seq])) };
            },
            cancellationToken);
    }

    /// <summary>Refuses what comes after the end, or after the time is up.</summary>
    public void Refuse(AttemptState state, bool isClosing)
    {
        if (state.IsImported)
        {
            throw new TroupeException(ErrorKind.Conflict, "attempt_ended", "The attempt was imported from a former MedSim and is over; nothing more is taken. Begin another.");
        }

        if (state.IsFinished)
        {
            throw new TroupeException(ErrorKind.Conflict, "attempt_ended", "The attempt is finished; nothing more is taken. Read its debrief, or begin another.");
        }

        if (!isClosing && AttemptViews.StateOf(state, SecondsOf(state)) == "time_up")
        {
            throw new TroupeException(ErrorKind.Conflict, "time_up", "The time is up and the patient has gone. Give your diagnosis and plan, and finish.");
        }
    }

    /// <summary>The seconds that the server has run since the attempt began; those of its end where it is finished.</summary>
    public double SecondsOf(AttemptState state) =>
        state.IsFinished ? state.SealedSeconds : state.SealedSeconds + (hours.Loaded.IsCompleted ? hours.Between(state.SealedAt, runtime.Time.GetUtcNow()).TotalSeconds : 0);

    /// <summary>The rows of attempts, newest first; former sessions under the cases that they were of, as far as those are known.</summary>
    public async Task<List<(string Id, string Owner, AttemptRow Row)>> RowsAsync(DocumentQuery query, CancellationToken cancellationToken)
    {
        List<(string Id, string Owner, AttemptRow Row)> rows =
            [.. (await runtime.Store.ReadDocumentsAsync(query, cancellationToken)).Select(d => (d.Id, d.Owner, JsonSerializer.Deserialize(d.Body, MedSimJson.Default.AttemptRow)!))];
        var cases = new Dictionary<string, List<PatientCase>>(StringComparer.Ordinal);
        foreach (var owner in rows.Where(r => r.Row.Names is not null).Select(r => r.Owner).Distinct(StringComparer.Ordinal))
        {
            cases[owner] = await CasesAsync(owner, cancellationToken);
        }

        return cases.Count == 0 ? rows : rows.ConvertAll(r => r.Row.Names is { } names && FormerSession.Find(names, cases[r.Owner]) is { } read
            ? r with { Row = r.Row with { Case = read.Id, Title = read.Title, Specialty = read.Specialty, Difficulty = read.Difficulty } } : r);
    }

    /// <summary>The cases that a person may take.</summary>
    private async Task<List<PatientCase>> CasesAsync(string person, CancellationToken cancellationToken) => (await shelf.ListAsync(person, cancellationToken)).ConvertAll(c => c.Case);

    private Remark Remark(AttemptNote note, AttemptState state, PatientCase read, Document? row)
    {
        var text = note.Medsim switch
        {
            AttemptNote.Examination => $"Examined: {note.Name}",
            AttemptNote.Order => $"Ordered: {note.Name}",
            AttemptNote.Wait => string.Create(CultureInfo.InvariantCulture, $"Waited {note.Minutes} min"),
            AttemptNote.Finish => "Finished",
            _ => note.Text ?? "",
        };
        if (note.Medsim != AttemptNote.Finish || row is null)
        {
            return new Remark(text, note.Write());
        }

        var former = JsonSerializer.Deserialize(row.Body, MedSimJson.Default.AttemptRow)!;
        var now = runtime.Time.GetUtcNow();
        var ended = former with { FinishedAt = now, Score = Scorer.Of(read, state).Total, Minutes = Math.Round(state.Minutes, 1), Cost = state.Cost };
        return new Remark(text, note.Write(), new StoreOperation.PutDocument(row.Next(JsonSerializer.Serialize(ended, MedSimJson.Default.AttemptRow), now)));
    }

    /// <summary>The answer to a request that was carried out before.</summary>
    private static AttemptAction Replay(AttemptNote note, int seq, AttemptState state) =>
        AttemptAction.Of(note, note.Status ?? "done", state) with { Seq = seq, Note = null, Event = note };

    public static Document DocumentOf(SessionRecord session, AttemptRow row, DateTimeOffset now) => new()
    {
        Kind = AttemptRow.Kind,
        Owner = session.Owner,
        Id = session.Id,
        Link = row.Class,
        Body = JsonSerializer.Serialize(row, MedSimJson.Default.AttemptRow),
        UpdatedAt = now,
    };

    private static string Hex(UInt128 hash) => hash.ToString("x32", CultureInfo.InvariantCulture);

    private static TroupeException NoSuchAttempt(string id) => new(ErrorKind.NotFound, "attempt_not_found", $"There is no attempt '{Shorten(id)}'. List yours, or begin one.");

    private static string Shorten(string text) => text.Length <= 80 ? text : TextRules.Mend(text[..80]);
}
