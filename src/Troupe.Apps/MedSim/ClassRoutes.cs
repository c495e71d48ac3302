using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Classes;
using Troupe.Server;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Storage;

namespace Troupe.Apps.MedSim;

/// <summary>The routes of classes: a teacher sees what members did for the class, and nothing else of theirs.</summary>
internal sealed class ClassRoutes(ServerServices services, MedSimHost host)
{
    private const string ReceiptRoute = "medsim-classes";
    private const int MaxName = 100;
    private const int MaxAttempts = 5000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/api/v1/medsim/classes", Scope.Teach, CreateAsync).Takes<ClassRequest>().Answers<ClassCreated>(StatusCodes.Status201Created);
        routes.Get("/api/v1/medsim/classes", Scope.Chat, ListAsync).Answers<ClassList>();
        routes.Post("/api/v1/medsim/classes/join", Scope.Chat, JoinAsync).Takes<JoinRequest>().Answers<ClassLine>();
        routes.Get("/api/v1/medsim/classes/{id}", Scope.Chat, ReadAsync).Answers<ClassView>();
        routes.Delete("/api/v1/medsim/classes/{id}", Scope.Teach, DeleteAsync).Answers(StatusCodes.Status204NoContent);
        routes.Post("/api/v1/medsim/classes/{id}/invite", Scope.Teach, InviteAsync).Answers<ClassCreated>();
        routes.Delete("/api/v1/medsim/classes/{id}/invite", Scope.Teach, CloseAsync).Answers(StatusCodes.Status204NoContent);
        routes.Delete("/api/v1/medsim/classes/{id}/members/{member}", Scope.Chat, RemoveAsync).Answers(StatusCodes.Status204NoContent);
        routes.Get("/api/v1/medsim/classes/{id}/attempts/{attempt}", Scope.Teach, DebriefAsync).Answers<Debrief>();
    }

    private async Task CreateAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, MedSimJson.Default.ClassRequest, context.RequestAborted);
        var (teacher, name) = (context.Caller.Owner, NameOf(request.Name, "name"));
        (string Id, string Invite)? made = null;
        if (context.IdempotencyKey is { } key)
        {
            await services.Receipts.OnceAsync(teacher, ReceiptRoute, key, Hashing.Of(name), async receipt => (made = await host.Classes.CreateAsync(teacher, name, receipt, CancellationToken.None)).Value.Id);
        }
        else
        {
            made = await host.Classes.CreateAsync(teacher, name, null, context.RequestAborted);
        }

        var (id, invite) = made ?? throw new TroupeException(
            ErrorKind.Conflict, "secret_shown_once", "This request has made a class before; its invite was shown then and is not shown again. Ask for a new invite.");
        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonReply.WriteAsync(context, new ClassCreated(id, name, invite), MedSimJson.Default.ClassCreated);
    }

    private async Task ListAsync(HttpContext context)
    {
        var person = context.Caller.Owner;
        var teaching = new List<ClassLine>();
        foreach (var (id, row) in await host.Classes.TaughtAsync(person, context.RequestAborted))
        {
            teaching.Add(LineOf(id, person, row) with { Members = (await host.Classes.MembersAsync(id, context.RequestAborted)).Count });
        }

        List<ClassLine> joined = [.. (await host.Classes.JoinedAsync(person, context.RequestAborted)).Select(c => LineOf(c.Id, c.Teacher, c.Row))];
        await JsonReply.WriteAsync(context, new ClassList(teaching, joined), MedSimJson.Default.ClassList);
    }

    private async Task JoinAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, MedSimJson.Default.JoinRequest, context.RequestAborted);
        TextRules.Check(request.Invite, "invite");
        var person = context.Caller.Owner;
        var (id, teacher, row) = await host.Classes.JoinAsync(person, request.Invite, request.Name is null ? person : NameOf(request.Name, "name"), CancellationToken.None);
        await JsonReply.WriteAsync(context, LineOf(id, teacher, row), MedSimJson.Default.ClassLine);
    }

    private async Task ReadAsync(HttpContext context)
    {
        var (id, person) = (context.RouteText("id"), context.Caller.Owner);
        if ((await host.Classes.JoinedAsync(person, context.RequestAborted)).Find(c => c.Id == id) is { Id: not null } joined)
        {
            var own = await host.Desk.RowsAsync(new DocumentQuery(AttemptRow.Kind) { Owner = person, Link = id, Limit = MaxAttempts }, context.RequestAborted);
            var mine = new ClassView(id, joined.Row.Name, joined.Teacher, joined.Row.Invite is not null, [.. own.Select(r => r.Row.ToLine(r.Id))]);
            await JsonReply.WriteAsync(context, mine, MedSimJson.Default.ClassView);
            return;
        }

        if (!context.Caller.Has(Scope.Teach))
        {
            throw ClassRegister.NoSuchClass(id);
        }

        var (_, row) = await host.Classes.FindTaughtAsync(person, id, context.RequestAborted);
        var members = await host.Classes.MembersAsync(id, context.RequestAborted);
        var names = members.ToDictionary(m => m.Person, m => m.Row.Name, StringComparer.Ordinal);
        var attempts = (await AttemptsAsync(id, context.RequestAborted)).FindAll(a => names.ContainsKey(a.Owner));
        List<MemberView> seen =
        [
            .. members.Select(m => (m, Own: attempts.FindAll(a => a.Owner == m.Person)))
                .Select(m => new MemberView(m.m.Person, m.m.Row.Name, m.m.Row.JoinedAt, m.Own.Count, m.Own.Count(a => a.Row.FinishedAt is not null), m.Own.Max(a => a.Row.Score))),
        ];
        var statistics = await new ClassStatistics(host).OfAsync(attempts, context.RequestAborted);
        var view = new ClassView(id, row.Name, person, row.Invite is not null, [.. attempts.Select(a => a.Row.ToLine(a.Id, names[a.Owner]))], seen, statistics);
        await JsonReply.WriteAsync(context, view, MedSimJson.Default.ClassView);
    }

    private async Task DebriefAsync(HttpContext context)
    {
        var (id, attempt) = (context.RouteText("id"), context.RouteText("attempt"));
        await host.Classes.FindTaughtAsync(context.Caller.Owner, id, context.RequestAborted);
        var found = (await AttemptsAsync(id, context.RequestAborted)).Find(a => a.Id == attempt);
        var member = found.Id is null ? default : (await host.Classes.MembersAsync(id, context.RequestAborted)).Find(m => m.Person == found.Owner);
        if (member.Person is null)
        {
            throw new TroupeException(ErrorKind.NotFound, "attempt_not_found", "There is no such attempt of a member in this class.");
        }

        var debrief = await AttemptRoutes.DebriefOfAsync(host, attempt, member.Person, member.Row.Name, context.RequestAborted);
        await JsonReply.WriteAsync(context, debrief, MedSimJson.Default.Debrief);
    }

    private async Task InviteAsync(HttpContext context)
    {
        var id = context.RouteText("id");
        var (row, invite) = await host.Classes.ChangeInviteAsync(context.Caller.Owner, id, open: true, CancellationToken.None);
        await JsonReply.WriteAsync(context, new ClassCreated(id, row.Name, invite!), MedSimJson.Default.ClassCreated);
    }

    private async Task CloseAsync(HttpContext context)
    {
        await host.Classes.ChangeInviteAsync(context.Caller.Owner, context.RouteText("id"), open: false, CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var (id, member, person) = (context.RouteText("id"), context.RouteText("member"), context.Caller.Owner);
        if (member is "me" || member == person)
        {
            if (!await host.Classes.IsMemberAsync(person, id, context.RequestAborted))
            {
                throw ClassRegister.NoSuchClass(id);
            }

            member = person;
        }
        else
        {
            await host.Classes.FindTaughtAsync(person, id, context.RequestAborted);
        }

        await host.Classes.LeaveAsync(member, id, CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task DeleteAsync(HttpContext context)
    {
        await host.Classes.DeleteAsync(context.Caller.Owner, context.RouteText("id"), CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task<List<(string Id, string Owner, AttemptRow Row)>> AttemptsAsync(string id, CancellationToken cancellationToken) =>
        host.Desk.RowsAsync(new DocumentQuery(AttemptRow.Kind) { Link = id, Limit = MaxAttempts }, cancellationToken);

    private static ClassLine LineOf(string id, string teacher, ClassRow row) => new(id, row.Name, teacher, row.Invite is not null, row.CreatedAt);

    private static string NameOf(string name, string member)
    {
        TextRules.Check(name, member);
        var trimmed = name.Trim();
        return trimmed.Length is >= 1 and <= MaxName && !trimmed.Any(char.IsControl) ? trimmed
            : throw new TroupeException(ErrorKind.Invalid, "member_invalid", $"'{member}' has {trimmed.Length} characters; it must have 1 to {MaxName}, none of them control characters.") { Member = member };
    }
}
