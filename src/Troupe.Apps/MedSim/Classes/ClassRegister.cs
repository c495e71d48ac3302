using System.Security.Cryptography;
using System.Text.Json;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Classes;

/// <summary>Classes and who is in them. Thread-safe.</summary>
internal sealed class ClassRegister(IStore store, Journal journal, TimeProvider time)
{
    private const int MaxMembers = 1000;
    private const int MaxClasses = 200;
    private const int InviteLength = 12;

    // Without letters and figures that look alike.
    private const string InviteLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <summary>Makes a class.</summary>
    public async Task<(string Id, string Invite)> CreateAsync(string teacher, string name, Func<string, Receipt>? receipt, CancellationToken cancellationToken)
    {
        if ((await TaughtAsync(teacher, cancellationToken)).Count >= MaxClasses)
        {
            throw new TroupeException(ErrorKind.Invalid, "classes_full", $"You have {MaxClasses} classes; no more are kept. Delete one first.");
        }

        var now = time.GetUtcNow();
        var (id, invite) = (Guid.CreateVersion7(now).ToString("N"), NewInvite());
        StoreOperation put = new StoreOperation.PutDocument(DocumentOf(teacher, id, new ClassRow(name, now, HashOf(invite)), 1, now));
        await journal.WriteAsync(receipt is null ? put : new StoreOperation.Together([put, new StoreOperation.PutReceipt(receipt(id))]), cancellationToken: cancellationToken);
        return (id, invite);
    }

    /// <summary>A new invite in place of the former one, or none.</summary>
    public async Task<(ClassRow Row, string? Invite)> ChangeInviteAsync(string teacher, string id, bool open, CancellationToken cancellationToken)
    {
        var (document, row) = await FindTaughtAsync(teacher, id, cancellationToken);
        var invite = open ? NewInvite() : null;
        row = row with { Invite = invite is null ? null : HashOf(invite) };
        await journal.WriteAsync(new StoreOperation.PutDocument(DocumentOf(teacher, id, row, document.Version + 1, time.GetUtcNow())), cancellationToken: cancellationToken);
        return (row, invite);
    }

    /// <summary>Lets a person in who has the invite. Joining twice changes nothing.</summary>
    public async Task<(string Id, string Teacher, ClassRow Row)> JoinAsync(string person, string invite, string name, CancellationToken cancellationToken)
    {
        var wanted = HashOf(invite);
        if (await store.ReadDocumentsAsync(new DocumentQuery(ClassRow.Kind) { Link = wanted }, cancellationToken) is not [var found])
        {
            throw new TroupeException(ErrorKind.NotFound, "invite_unknown", "The invite is unknown, or no longer works. Ask your teacher for a new one.") { Member = "invite" };
        }

        var row = Read(found);
        if (found.Owner == person)
        {
            throw new TroupeException(ErrorKind.Conflict, "own_class", "This is your own class; its teacher is no member.");
        }

        var members = await MembersAsync(found.Id, cancellationToken);
        if (!members.Exists(m => m.Person == person))
        {
            if (members.Count >= MaxMembers)
            {
                throw new TroupeException(ErrorKind.Conflict, "class_full", $"The class has {MaxMembers} members; no more are taken.");
            }

            var now = time.GetUtcNow();
            await journal.WriteAsync(
                new StoreOperation.PutDocument(new Document
                {
                    Kind = MemberRow.Kind,
                    Owner = person,
                    Id = found.Id,
                    Link = found.Id,
                    Body = JsonSerializer.Serialize(new MemberRow(found.Owner, name, now), MedSimJson.Default.MemberRow),
                    UpdatedAt = now,
                }),
                cancellationToken: cancellationToken);
        }

        return (found.Id, found.Owner, row);
    }

    public Task LeaveAsync(string person, string id, CancellationToken cancellationToken) =>
        journal.WriteAsync(new StoreOperation.DeleteDocument(MemberRow.Kind, person, id), cancellationToken: cancellationToken);

    /// <summary>Ends a class: its members are in it no longer; their attempts stay theirs.</summary>
    public async Task DeleteAsync(string teacher, string id, CancellationToken cancellationToken)
    {
        await FindTaughtAsync(teacher, id, cancellationToken);
        var members = await MembersAsync(id, cancellationToken);
        await journal.WriteAsync(
            new StoreOperation.Together([new StoreOperation.DeleteDocument(ClassRow.Kind, teacher, id), .. members.Select(m => new StoreOperation.DeleteDocument(MemberRow.Kind, m.Person, id))]),
            cancellationToken: cancellationToken);
    }

    public async Task<bool> IsMemberAsync(string person, string id, CancellationToken cancellationToken) =>
        await store.ReadDocumentsAsync(new DocumentQuery(MemberRow.Kind) { Owner = person, Id = id }, cancellationToken) is [_];

    /// <summary>Who is in a class, in the order of joining.</summary>
    public async Task<List<(string Person, MemberRow Row)>> MembersAsync(string id, CancellationToken cancellationToken) =>
    [
        .. (await store.ReadDocumentsAsync(new DocumentQuery(MemberRow.Kind) { Link = id, Limit = MaxMembers + 1 }, cancellationToken))
            .Select(d => (d.Owner, JsonSerializer.Deserialize(d.Body, MedSimJson.Default.MemberRow)!)).OrderBy(m => m.Item2.JoinedAt),
    ];

    public async Task<List<(string Id, ClassRow Row)>> TaughtAsync(string teacher, CancellationToken cancellationToken) =>
        [.. (await store.ReadDocumentsAsync(new DocumentQuery(ClassRow.Kind) { Owner = teacher, Limit = MaxClasses }, cancellationToken)).Select(d => (d.Id, Read(d)))];

    public async Task<List<(string Id, string Teacher, ClassRow Row)>> JoinedAsync(string person, CancellationToken cancellationToken)
    {
        var classes = new List<(string, string, ClassRow)>();
        foreach (var member in await store.ReadDocumentsAsync(new DocumentQuery(MemberRow.Kind) { Owner = person }, cancellationToken))
        {
            if (await store.ReadDocumentsAsync(new DocumentQuery(ClassRow.Kind) { Id = member.Id }, cancellationToken) is [var found])
            {
                classes.Add((found.Id, found.Owner, Read(found)));
            }
        }

        return classes;
    }

    /// <summary>A class that a person teaches.</summary>
    /// <exception cref="TroupeException">There is none (code class_not_found).</exception>
    public async Task<(Document Document, ClassRow Row)> FindTaughtAsync(string teacher, string id, CancellationToken cancellationToken) =>
        await store.ReadDocumentsAsync(new DocumentQuery(ClassRow.Kind) { Owner = teacher, Id = id }, cancellationToken) is [var found] ? (found, Read(found)) : throw NoSuchClass(id);

    public static TroupeException NoSuchClass(string id) => new(ErrorKind.NotFound, "class_not_found", $"There is no class '{(id.Length <= 80 ? id : TextRules.Mend(id[..80]))}' of yours.");

    private static ClassRow Read(Document document) => JsonSerializer.Deserialize(document.Body, MedSimJson.Default.ClassRow)!;

    private static Document DocumentOf(string teacher, string id, ClassRow row, long version, DateTimeOffset now) => new()
    {
        Kind = ClassRow.Kind,
        Owner = teacher,
        Id = id,
        Version = version,
        Link = row.Invite,
        Body = JsonSerializer.Serialize(row, MedSimJson.Default.ClassRow),
        UpdatedAt = now,
    };

    private static string NewInvite() => RandomNumberGenerator.GetString(InviteLetters, InviteLength);

    /// <summary>As people type it: letter case and hyphens do not matter.</summary>
    private static string HashOf(string invite) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(new string([.. invite.Where(char.IsLetterOrDigit).Select(char.ToUpperInvariant)]))));
}
