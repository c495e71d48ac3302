using System.Text.Json;
using Troupe.Agents;
using Troupe.Apps.MedSim.Cases;
using Troupe.Server.Import;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>A session of a former MedSim: an attempt that is over. It has no score, because nothing of what one is made of was kept but the words.</summary>
internal static class FormerSession
{
    private const int MaxName = 200;
    private static readonly string[] NameMembers = ["case", "case_id", "caseId", "scenario"];
    private static readonly string[] InnerMembers = ["title", "name", "id", "case_id"];

    /// <summary>Marks a log that names a case as an attempt, and lists it. Any other is taken as it is.</summary>
    public static ImportedLog Receive(ImportedLog log)
    {
        var mark = log.Entries.FirstOrDefault(KeptMembers.IsNote);
        if (mark is null || KeptMembers.Of(log.Entries) is not { } members || NamesOf(members) is not [var first, ..] names)
        {
            return log;
        }

        if (log.Title is { Length: > 0 } title && !names.Contains(title, StringComparer.Ordinal))
        {
            names.Add(Shorten(title));
        }

        var begin = new AttemptNote { Medsim = AttemptNote.Begin, Mode = AttemptRow.Imported, Case = first, Names = names };
        List<Entry> entries = [.. log.Entries.Select(e => e.Seq == mark.Seq ? e with { Data = begin.Write() } : e)];
        var state = AttemptState.Of(entries);
        var row = new AttemptRow(first, "", first, "", 0, AttemptRow.Imported, state.StartedAt, FinishedAt: state.FinishedAt, Names: names);
        return log with { Entries = entries, Beside = session => new StoreOperation.PutDocument(AttemptDesk.DocumentOf(session, row, session.CreatedAt)) };
    }

    /// <summary>The case that a former session was of, among those that one may take; null where none has such an id or title.</summary>
    public static PatientCase? Find(IReadOnlyList<string> names, IReadOnlyList<PatientCase> cases) =>
        names.Select(n => cases.FirstOrDefault(c => c.Id.Equals(IdOf(n), StringComparison.Ordinal)) ?? cases.FirstOrDefault(c => c.Title.Equals(n.Trim(), StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(c => c is not null);

    /// <summary>What stands for a case that is not known here: its name, and nothing else.</summary>
    public static PatientCase Unknown(string name) => new()
    {
        Id = name,
        Title = name,
        Specialty = "",
        Difficulty = 0,
        Setting = "",
        Task = "",
        Patient = new CasePatient("", "", "", "", ""),
        Diagnosis = new CaseDiagnosis("", [], [], [], []),
    };

    /// <summary>A name as an id would have it: small letters, digits and hyphens.</summary>
    private static string IdOf(string name) => string.Join(
        '-', new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static List<string> NamesOf(JsonElement members)
    {
        var names = new List<string>();
        foreach (var name in NameMembers)
        {
            if (!members.TryGetProperty(name, out var value))
            {
                continue;
            }

            Add(value);
            if (value.ValueKind == JsonValueKind.Object)
            {
                foreach (var inner in InnerMembers)
                {
                    if (value.TryGetProperty(inner, out var word))
                    {
                        Add(word);
                    }
                }
            }
        }

        return names;

        void Add(JsonElement value)
        {
            var word = value.ValueKind switch { JsonValueKind.String => value.GetString()!.Trim(), JsonValueKind.Number => value.GetRawText(), _ => "" };
            if (word.Length > 0 && !names.Contains(Shorten(word), StringComparer.Ordinal))
            {
                names.Add(Shorten(word));
            }
        }
    }

    private static string Shorten(string name) => name.Length <= MaxName ? name : TextRules.Mend(name[..MaxName]);
}
