using System.Collections.Concurrent;
using System.Text.Json;
using Troupe.Apps.MedSim.Classes;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Cases;

/// <summary>Finds cases: those of the program, and those that teachers have imported, in the very state an attempt began with. Thread-safe.</summary>
internal sealed class CaseShelf(IStore store, Journal journal, TimeProvider time)
{
    /// <summary>Imported cases by their id.</summary>
    public const string Kind = "medsim-case";

    /// <summary>Every state of an imported case that attempts may have begun with, by its hash.</summary>
    private const string StateKind = "medsim-case-state";
    private const int MaxKept = 512;
    private const int MaxImported = 2000;

    private readonly ConcurrentDictionary<(string Owner, string Hash), PatientCase> _kept = new();

    /// <summary>A case that a person may take: the program's own, an own import, or one of a teacher in whose class the person is.</summary>
    public async Task<(PatientCase Case, string? Owner)?> FindAsync(string id, string person, CancellationToken cancellationToken)
    {
        if (CaseLibrary.Own.TryGetValue(id, out var own))
        {
            return (own, null);
        }

        foreach (var owner in await OwnersAsync(person, cancellationToken))
        {
            if (await store.ReadDocumentsAsync(new DocumentQuery(Kind) { Owner = owner, Id = id }, cancellationToken) is [var found])
            {
                return (Read(found), owner);
            }
        }

        return null;
    }

    /// <summary>All cases that a person may take.</summary>
    public async Task<List<(PatientCase Case, string? Owner)>> ListAsync(string person, CancellationToken cancellationToken)
    {
        List<(PatientCase, string?)> cases = [.. CaseLibrary.Own.Values.Select(c => (c, (string?)null))];
        foreach (var owner in await OwnersAsync(person, cancellationToken))
        {
            cases.AddRange((await store.ReadDocumentsAsync(new DocumentQuery(Kind) { Owner = owner, Limit = MaxImported }, cancellationToken)).Select(d => (Read(d), (string?)owner)));
        }

        return cases;
    }

    /// <summary>The case of an attempt, as it was when that began where that is still known.</summary>
    /// <exception cref="TroupeException">It is gone (code case_gone).</exception>
    public async Task<PatientCase> GetAsync(string id, string? owner, string? hash, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            return CaseLibrary.Own.GetValueOrDefault(id) ?? throw Gone(id);
        }

        if (hash is not null && _kept.TryGetValue((owner, hash), out var kept))
        {
            return kept;
        }

        return await store.ReadDocumentsAsync(new DocumentQuery(StateKind) { Owner = owner, Id = hash }, cancellationToken) is [var state] ? Keep(owner, Parse(state))
            : throw Gone(id);
    }

    /// <summary>Takes cases of a teacher, all or none.</summary>
    /// <returns>Each with <c>new</c>, <c>changed</c> or <c>known</c>.</returns>
    public async Task<List<string>> ImportAsync(string owner, IReadOnlyList<PatientCase> cases, CancellationToken cancellationToken)
    {
        var present = await store.ReadDocumentsAsync(new DocumentQuery(Kind) { Owner = owner, Limit = MaxImported + 1 }, cancellationToken);
        var known = present.ToDictionary(d => d.Id, StringComparer.Ordinal);
        if (cases.Count(c => !known.ContainsKey(c.Id)) + known.Count > MaxImported)
        {
            throw new TroupeException(ErrorKind.Invalid, "cases_full", $"There are {known.Count} imported cases; at most {MaxImported} are kept. Delete some first.");
        }

        var states = new List<string>();
        var writes = new List<StoreOperation>();
        foreach (var read in cases)
        {
            var body = JsonSerializer.Serialize(read, MedSimJson.Default.PatientCase);
            var former = known.GetValueOrDefault(read.Id);
            states.Add(former is null ? "new" : former.Body == body ? "known" : "changed");
            if (former?.Body == body)
            {
                continue;
            }

            var now = time.GetUtcNow();
            var document = former?.Next(body, now) ?? new Document { Kind = Kind, Owner = owner, Id = read.Id, Body = body, UpdatedAt = now };
            document.Check();
            writes.Add(new StoreOperation.PutDocument(document));
            if (await store.ReadDocumentsAsync(new DocumentQuery(StateKind) { Owner = owner, Id = read.Hash }, cancellationToken) is [])
            {
                writes.Add(new StoreOperation.PutDocument(document with { Kind = StateKind, Id = read.Hash, Version = 1, Link = read.Id }));
            }
        }

        if (writes.Count > 0)
        {
            await journal.WriteAsync(new StoreOperation.Together(writes), cancellationToken: cancellationToken);
        }

        return states;
    }

    /// <summary>Takes an imported case out of the list; attempts keep it.</summary>
    public async Task<bool> DeleteAsync(string owner, string id, CancellationToken cancellationToken)
    {
        if (await store.ReadDocumentsAsync(new DocumentQuery(Kind) { Owner = owner, Id = id }, cancellationToken) is [])
        {
            return false;
        }

        await journal.WriteAsync(new StoreOperation.DeleteDocument(Kind, owner, id), cancellationToken: cancellationToken);
        return true;
    }

    private async Task<IEnumerable<string>> OwnersAsync(string person, CancellationToken cancellationToken)
    {
        var joined = await store.ReadDocumentsAsync(new DocumentQuery(MemberRow.Kind) { Owner = person }, cancellationToken);
        return joined.Select(d => JsonSerializer.Deserialize(d.Body, MedSimJson.Default.MemberRow)!.Teacher).Prepend(person).Distinct(StringComparer.Ordinal);
    }

    private PatientCase Read(Document document) => Keep(document.Owner, Parse(document));

    private PatientCase Keep(string owner, PatientCase read)
    {
        // A bound, not a policy: what is asked for again is read again.
        if (_kept.Count >= MaxKept)
        {
            _kept.Clear();
        }

        return _kept.GetOrAdd((owner, read.Hash), read);
    }

    private static PatientCase Parse(Document document) => JsonSerializer.Deserialize(document.Body, MedSimJson.Default.PatientCase)!;

    private static TroupeException Gone(string id) => new(ErrorKind.Conflict, "case_gone", $"The case '{id}' of this attempt is no longer there.");
}
