using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Server;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Server.Sessions;
using Troupe.Sessions;

namespace Troupe.Apps.Mnemosine;

/// <summary><c>POST /api/v1/agent/prompt</c>: one prompt, one reply, in a new session or in one that exists.</summary>
internal sealed class PromptRoute(ServerServices services)
{
    private const string ReceiptRoute = "prompt";

    public void Map(IEndpointRouteBuilder routes) =>
        routes.Post("/api/v1/agent/prompt", Scope.Chat, PromptAsync).Takes<PromptRequest>().Answers<TurnReply>();

    private async Task PromptAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, MnemosineJson.Default.PromptRequest, context.RequestAborted);
        var input = services.InputOf(new TurnRequest(request.Message, Model: request.Model, Cache: request.Cache), context.IdempotencyKey);
        if (request.SessionId is not null && request.Agent is not null)
        {
            throw new TroupeException(ErrorKind.Invalid, "member_invalid", "'agent' has no meaning beside 'session_id': a session keeps its agent.") { Member = "agent" };
        }

        var (session, turn) = request.SessionId is { } id
            ? await services.Runtime.Sessions.SubmitAsync(id, context.Caller.Owner, input, context.RequestAborted)
            : await BeginAsync(context, request, input);
        await TurnAnswer.WriteAsync(context, services.Runtime, session, turn, request.Stream ?? context.Request.WantsEvents);
    }

    private async Task<(Session Session, Turn Turn)> BeginAsync(HttpContext context, PromptRequest request, TurnInput input)
    {
        var runtime = services.Runtime;
        var owner = context.Caller.Owner;
        var agent = runtime.Agents.Get(request.Agent ?? Assistant.Definition.Name);
        if (input.Key is not { } key)
        {
            return await runtime.Sessions.CreateAsync(owner, agent.Name, agent.Durability, input, null, context.RequestAborted);
        }

        for (var first = true; ; first = false)
        {
            // The key finds the session; in the session it finds the turn, which is attached to, answered or run anew.
            var (id, _) = await services.Receipts.OnceAsync(
                owner, ReceiptRoute, key, Hashing.Of(request.Agent, request.Message, request.Model),
                async receipt => (await runtime.Sessions.CreateAsync(owner, agent.Name, agent.Durability, input, s => receipt(s.Id))).Session.Record.Id);
            try
            {
                return await runtime.Sessions.SubmitAsync(id, owner, input, context.RequestAborted);
            }
            catch (TroupeException failure) when (failure.Kind == ErrorKind.NotFound && first)
            {
                // The session was deleted, or never reached the disk.
                services.Receipts.Forget(owner, ReceiptRoute, key);
            }
        }
    }
}
