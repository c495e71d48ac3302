using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Chat;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Server.Sessions;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Server.OpenAI;

/// <summary>The routes for every client that speaks OpenAI's chat completions. A request is stateless unless it names a session of ours in
/// <c>metadata.session_id</c>; then its last user message is a turn there.</summary>
internal sealed class ChatCompletionRoutes(AgentRuntime runtime, ServerSettings settings)
{
    private readonly long _created = runtime.Time.GetUtcNow().ToUnixTimeSeconds();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/chat/completions", Scope.Chat, CompleteAsync);
        routes.Get("/v1/models", Scope.Chat, ModelsAsync);
        routes.Get("/v1/models/{**model}", Scope.Chat, ModelAsync);
    }

    private IEnumerable<ModelLine> Lines =>
        runtime.Agents.All.Select(a => new ModelLine(a.Name, "model", _created, "troupe"))
            .Concat(runtime.Models.All.Where(m => runtime.Agents.Find(m.Info.Name) is null).Select(m => new ModelLine(m.Info.Name, "model", _created, m.Info.Provider)));

    private static TroupeException Unknown(string model) => new(
        ErrorKind.NotFound, "model_not_found", $"There is no agent or model '{(model.Length > 80 ? model[..80] : model)}'. GET /v1/models lists them.")
    {
        Member = "model",
    };

    private Task ModelsAsync(HttpContext context) => JsonReply.WriteAsync(context, new ModelList("list", [.. Lines]), OpenAIJson.Default.ModelList);

    private Task ModelAsync(HttpContext context)
    {
        // Many models are named vendor/model; clients escape the slash, which stays escaped in a path.
        var name = context.RouteText("model").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return JsonReply.WriteAsync(context, Lines.FirstOrDefault(l => l.Id == name) ?? throw Unknown(name), OpenAIJson.Default.ModelLine);
    }

    private async Task CompleteAsync(HttpContext context)
    {
        var request = await OpenAIBody.ReadAsync(context, ChatCompletionRequest.Read);
        request.Messages.ForEach(m => TextRules.Check(m.Text, "messages"));
        if (request.SessionId is { } session)
        {
            await TurnAsync(context, request, session);
            return;
        }

        var agent = runtime.Agents.Find(request.Model);
        var model = runtime.Models.Find(agent is null ? request.Model : agent.Model) ?? throw Unknown(request.Model);
        var options = request.Options;
        var day = await runtime.OwnerDayBudgetAsync(context.Caller.Owner);
        (options.AdditionalProperties ??= [])[ModelCall.OptionName] = new ModelCall
        {
            Owner = context.Caller.Owner,
            Caching = agent is { Caching: { } caching } && request.MayReuse && !(caching.FirstTurnOnly && request.Messages.Count(m => m.Role == ChatRole.User) > 1) ? caching : null,
            Budgets = day is null ? [] : [day],
        };
        if (agent is not null)
        {
            if (agent.Instructions.Length > 0)
            {
                request.Messages.Insert(0, new ChatMessage(ChatRole.System, agent.Instructions));
            }

            options.Temperature ??= agent.Temperature;
            options.MaxOutputTokens ??= agent.MaxOutputTokens;
            if (agent.Knowledge is { } knowledge)
            {
                options.AdditionalProperties[Knowledge.OptionName] = knowledge;
            }
        }

        var id = NewId();
        if (request.Stream)
        {
            await StreamAsync(context, request, model, id);
        }
        else
        {
            await AnswerAsync(context, request, model, id);
        }
    }

    private string NewId() => $"chatcmpl-{Guid.CreateVersion7(runtime.Time.GetUtcNow()):N}";

    private async Task AnswerAsync(HttpContext context, ChatCompletionRequest request, Model model, string id)
    {
        var response = await model.Client.GetResponseAsync(request.Messages, request.Options, context.RequestAborted);
        var calls = CallsOf(response.Messages.SelectMany(m => m.Contents), index: null);
        var usage = UsageOf(response.Usage, request, model, response.Text.Length);
        Settle(context, usage);
        await JsonReply.WriteAsync(
            context,
            new Completion(
                id, "chat.completion", runtime.Time.GetUtcNow().ToUnixTimeSeconds(), request.Model,
                [new CompletionChoice(0, new("assistant", response.Text.Length == 0 && calls is not null ? null : TextRules.Mend(response.Text), calls), FinishOf(response.FinishReason, calls is not null))],
                usage),
            OpenAIJson.Default.Completion);
    }

    private async Task StreamAsync(HttpContext context, ChatCompletionRequest request, Model model, string id)
    {
        var chunks = new ChunkWriter(context, runtime, request, id);
        UsageDetails? usage = null;
        ChatFinishReason? finish = null;
        var calls = 0;
        var length = 0;
        var half = "";
        await chunks.SendAsync(model.Client.GetStreamingResponseAsync(request.Messages, request.Options, context.RequestAborted), update =>
        {
            finish = update.FinishReason ?? finish;
            usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details ?? usage;
            // Half a surrogate pair waits for its other half: alone it cannot be written.
            var text = half + update.Text;
            half = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1..] : "";
            text = text[..^half.Length];
            if (text.Length > 0)
            {
                length += text.Length;
                chunks.Write(new CompletionDelta(Content: TextRules.Mend(text)));
            }

            if (CallsOf(update.Contents, calls) is { } asked)
            {
                calls += asked.Count;
                chunks.Write(new CompletionDelta(ToolCalls: asked));
            }
        }, () =>
        {
            if (half.Length > 0)
            {
                chunks.Write(new CompletionDelta(Content: TextRules.Mend(half)));
            }

            var used = UsageOf(usage, request, model, length);
            Settle(context, used);
            return (FinishOf(finish, calls > 0), used);
        });
    }

    private async Task TurnAsync(HttpContext context, ChatCompletionRequest request, string sessionId)
    {
        var message = request.Messages.FindLast(m => m.Role == ChatRole.User)?.Text;
        var named = runtime.Agents.Find(request.Model) is null ? runtime.Models.Find(request.Model)?.Info.Name ?? throw Unknown(request.Model) : null;
        var input = SessionRoutes.InputOf(new TurnRequest(message, Model: named, Cache: request.MayReuse ? null : false), context.IdempotencyKey, runtime, settings);
        var (session, turn) = await runtime.Sessions.SubmitAsync(sessionId, context.Caller.Owner, input, context.RequestAborted);
        var id = $"chatcmpl-{turn.Number}";
        if (!request.Stream)
        {
            var result = Checked(await session.WaitAsync(turn, context.RequestAborted));
            var usage = UsageOf(result);
            SettleOnce(context, turn, usage);
            await JsonReply.WriteAsync(
                context,
                new Completion(
                    id, "chat.completion", runtime.Time.GetUtcNow().ToUnixTimeSeconds(), request.Model, [new CompletionChoice(0, new("assistant", result.Reply), result.Finish ?? "stop")], usage,
                    new Dictionary<string, string>(StringComparer.Ordinal) { ["session_id"] = sessionId, ["turn_id"] = turn.Number.ToString(System.Globalization.CultureInfo.InvariantCulture) }),
                OpenAIJson.Default.Completion);
            return;
        }

        var chunks = new ChunkWriter(context, runtime, request, id);
        var usageAtEnd = new CompletionUsage(0, 0, 0);
        var finish = "stop";
        await chunks.SendAsync(session.FollowAsync(turn, null, context.RequestAborted), happened =>
        {
            if (happened is TurnEvent.Delta delta)
            {
                chunks.Write(new CompletionDelta(Content: delta.Text));
            }
            else if (happened is TurnEvent.Ended ended)
            {
                usageAtEnd = UsageOf(Checked(ended.Result));
                finish = ended.Result.Finish ?? "stop";
                SettleOnce(context, turn, usageAtEnd);
            }
        }, () => (finish, usageAtEnd));

        static TurnResult Checked(TurnResult result) => result.State is TurnState.Failed or TurnState.Abandoned && result.Error is { } error
            ? throw error.ToException()
            : result;
    }

    private static void Settle(HttpContext context, CompletionUsage usage) => context.Caller.Limits?.Settle(usage.TotalTokens);

    private static void SettleOnce(HttpContext context, Turn turn, CompletionUsage usage)
    {
        if (turn.TrySettle())
        {
            Settle(context, usage);
        }
    }

    private static CompletionUsage UsageOf(TurnResult result) => new(result.InputTokens, result.OutputTokens, result.InputTokens + result.OutputTokens);

    /// <summary>What the provider reported; where it reports nothing, an estimate.</summary>
    private static CompletionUsage UsageOf(UsageDetails? usage, ChatCompletionRequest request, Model model, long replyLength)
    {
        var input = usage?.InputTokenCount ?? model.Tokens.Estimate(request.Messages.Sum(m => (long)m.Text.Length));
        var output = usage?.OutputTokenCount ?? model.Tokens.Estimate(replyLength);
        return new(input, output, input + output);
    }

    /// <summary>One of OpenAI's own reasons, as clients throw at others. A call that was cut must not look whole.</summary>
    private static string FinishOf(ChatFinishReason? finish, bool calls) =>
        finish == ChatFinishReason.Length || finish == ChatFinishReason.ContentFilter ? finish.Value.Value
        : calls ? "tool_calls"
        : "stop";

    private static List<CompletionToolCall>? CallsOf(IEnumerable<AIContent> contents, int? index)
    {
        List<CompletionToolCall>? calls = null;
        foreach (var call in contents.OfType<FunctionCallContent>())
        {
            (calls ??= []).Add(new(call.CallId, "function", new(call.Name, ToolArguments.Write(call)), index));
            index++;
        }

        return calls;
    }
}
