using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Troupe.Caching;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Agents;

/// <summary>Answers turns: builds the context, calls the model, says what it says. Thread-safe.</summary>
internal sealed partial class TurnEngine(AgentCatalog agents, ModelCatalog models, ToolCatalog tools, BudgetBook budgets, CacheCatalog caches, AgentPool pool, Profiler profiler, TimeProvider time, ILogger log)
{
    private readonly ToolMemo _memo = new(new ToolRunner(profiler, time, log), caches, time);

    private const string Partial = """{"partial":true}""";
    private static readonly TimeSpan SummaryTimeout = TimeSpan.FromSeconds(30);

    public async Task<TurnOutcome> RunAsync(Session session, Turn turn, CancellationToken cancellationToken)
    {
        if (agents.Find(session.Record.Agent) is not { } agent)
        {
            return Failed(new TroupeException(ErrorKind.Invalid, "agent_not_found", $"The agent '{session.Record.Agent}' of this session is no longer configured."));
        }

        using var lease = pool.Lease(agent);
        var warm = lease.Agent;
        if ((turn.Record.Model is { } other ? models.Find(other) : warm.Model) is not { } model)
        {
            return Failed(new TroupeException(ErrorKind.Invalid, "model_not_found", $"There is no model '{turn.Record.Model ?? agent.Model}'."));
        }

        var said = new SpokenText(session, turn);
        var spending = new TurnSpending();
        var mind = (SessionMind)(session.Attachment ??= new SessionMind());
        if (mind.Window is not { } window || window.Instructions != agent.Instructions)
        {
            // Also when the agent has been replaced since: what it is told now is what holds.
            mind.Window = window = new ContextWindow(agent.Instructions);
        }

        try
        {
            var accounts = await budgets.OpenAsync(agent, session, mind);
            var finish = await RoundsAsync(window, session, turn, warm, model, accounts, said, spending, cancellationToken);
            return Outcome(TurnState.Completed, spending) with { Data = DataOf(finish, said.WasCut) };
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Clients report a stop that was asked for in many ways, a broken connection among them.
            said.End();
            CloseCalls(session, turn);
            return Outcome(TurnState.Cancelled, spending);
        }
        catch (TroupeException failure)
        {
            said.End();
            CloseCalls(session, turn);
            LogTurnFailed(failure, session.Record.Id, turn.Number, failure.Code);
            return Outcome(TurnState.Failed, spending) with { Error = new(failure.Code, failure.Message) { RetryAfter = failure.RetryAfter }, Data = Partial };
        }
        catch (Exception failure)
        {
            // A library's client may throw anything; its message may hold anything.
            said.End();
            CloseCalls(session, turn);
            LogTurnFailed(failure, session.Record.Id, turn.Number, ModelErrorCodes.Unavailable);
            return Outcome(TurnState.Failed, spending) with
            {
                Error = new(ModelErrorCodes.Unavailable, $"The model '{model.Info.Name}' failed ({failure.GetType().Name}). It has been logged."),
                Data = Partial,
            };
        }
    }

    /// <summary>Calls the model, runs the tools that it asks for, and calls it again, until it answers without asking.</summary>
    private async Task<ChatFinishReason?> RoundsAsync(
        ContextWindow window, Session session, Turn turn, PooledAgent warm, Model model, IReadOnlyList<BudgetAccount> accounts, SpokenText said, TurnSpending spending,
        CancellationToken cancellationToken)
    {
        var agent = warm.Definition;
        ToolRound? round = null;
        if (agent.Tools.Count > 0 || session.Tail > turn.Record.UserSeq)
        {
            // A turn that was interrupted in the middle of its tools goes on with them.
            round = new ToolRound(session, turn, agent, warm.Tools ?? await tools.ResolveAsync(agent.Tools, cancellationToken), _memo);
            await round.FinishAsync(cancellationToken);
        }

        for (var rounds = 0; ; rounds++)
        {
            window.MoveTo(session.Tail, seq => session[seq]);
            await FitAsync(window, session, turn, agent, model, accounts, spending, cancellationToken);
            var call = CallOf(session, turn, accounts, MayReuse(agent, turn, window) ? agent.Caching : null, window.Characters);
            var options = OptionsOf(warm, round?.Tools ?? ToolSet.Empty, call);
            var mayAsk = round is { IsExhausted: false } && rounds < agent.MaxToolRounds;
            if (!mayAsk && options.Tools is not null)
            {
                // It has asked often enough; now it must answer.
                options.ToolMode = ChatToolMode.None;
            }

            List<FunctionCallContent> calls = [];
            var (finish, read) = await CallAsync(window.Messages, options, call, agent.Stage?.Invoke(model) ?? model.Client, said, spending, calls, cancellationToken);
            if (read > 0)
            {
                model.Tokens.Learn(window.Characters, read);
            }

            if (calls.Count == 0 || !mayAsk)
            {
                return finish;
            }

            round!.Begin(calls);
            await round.FinishAsync(cancellationToken);

            // What a server offers, and what a person has said yes to, may be different now.
            round.Tools = warm.Tools ?? await tools.ResolveAsync(agent.Tools, cancellationToken);
        }
    }

    /// <summary>History is always valid: what was called and not answered gets a result that says so.</summary>
    private static void CloseCalls(Session session, Turn turn)
    {
        foreach (var call in session.OpenCalls(turn))
        {
            var data = ToolData.Read(call)!;
            var isUnsafe = data.Kind == ToolData.UnsafeKind;
            session.Add(
                turn, EntryRole.ToolResult, isUnsafe ? "The call was stopped; whether it took effect is not known." : "The call was stopped.",
                new ToolData(data.CallId, data.Name, Status: isUnsafe ? ToolStatus.Unknown : ToolStatus.NotRun).Write());
        }
    }

    private static async Task<(ChatFinishReason? Finish, long Read)> CallAsync(
        IEnumerable<ChatMessage> messages, ChatOptions options, ModelCall call, IChatClient client, SpokenText said, TurnSpending spending, List<FunctionCallContent> calls,
        CancellationToken cancellationToken)
    {
        ChatFinishReason? finish = null;
        string? origin = null;
        long read = 0;
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(messages, options, cancellationToken).HeedAsync(cancellationToken))
            {
                origin ??= AnswerOrigin.Of(update);
                finish = update.FinishReason ?? finish;
                foreach (var content in update.Contents)
                {
                    switch (content)
                    {
                        case TextContent text when !said.Add(text.Text):
                            // The bound is reached; what comes after would be paid for and thrown away.
                            said.End();
                            return (ChatFinishReason.Length, read);

                        case FunctionCallContent asked:
                            calls.Add(asked);
                            break;

                        case UsageContent reported when origin is null:
                            read += reported.Details.InputTokenCount ?? 0;
                            break;

                        default:
                            break;
                    }
                }
            }
        }
        finally
        {
            spending.Add(call, origin);
        }

        said.End();
        return (finish, read);
    }

    /// <summary>Gives up the oldest part of the history when it no longer fits, in one large step that is written down as a summary.</summary>
    private async Task FitAsync(ContextWindow window, Session session, Turn turn, AgentDefinition agent, Model model, IReadOnlyList<BudgetAccount> accounts, TurnSpending spending, CancellationToken cancellationToken)
    {
        // The reply may be given more room than a small context has; half of it is the input's in any case.
        var context = agent.ContextTokens ?? model.Info.ContextTokens;
        var budget = context - Math.Min(agent.MaxOutputTokens ?? model.Info.ReplyTokens, context / 2);
        if (model.Tokens.Estimate(window.Characters) <= budget)
        {
            return;
        }

        var newest = ContextWindow.Weigh(window.Entries[^1].Text);
        var needed = newest + ContextWindow.Weigh(agent.Instructions);
        if (model.Tokens.Estimate(needed) > budget)
        {
            throw new ModelException(
                ModelErrorCodes.TooLong,
                string.Create(CultureInfo.InvariantCulture, $"The message is about {model.Tokens.Estimate(needed)} tokens with the agent's instructions; the model has room for {budget}. Shorten it."));
        }

        // What is left beside what must be said goes to the summary first, and then by half to the history, so that the next step is far.
        var room = (long)(budget * model.Tokens.CharactersPerToken) - needed;
        var longest = model.Info.CanSummarize ? 2 * ExtractiveSummary.MaxLength : ExtractiveSummary.MaxLength;
        var length = (int)Math.Clamp((room / 2) - ContextWindow.SummaryOverhead, 0, longest);
        var drop = window.CountToDrop(newest + (Math.Max(0, room - length - ContextWindow.SummaryOverhead) / 2));
        if (drop <= 0)
        {
            return;
        }

        var covered = window.Entries.Take(drop).ToList();
        var text = await SummarizeAsync(window.Summary, covered, model, length, CallOf(session, turn, accounts, null), spending, cancellationToken);
        var summary = session.Add(turn, EntryRole.Summary, text, ContextWindow.CoverUpTo(covered[^1].Seq));
        window.MoveTo(summary.Seq, seq => session[seq]);
        LogCompacted(session.Record.Id, covered.Count, text.Length);
    }

    private async Task<string> SummarizeAsync(string? earlier, List<Entry> covered, Model model, int length, ModelCall call, TurnSpending spending, CancellationToken cancellationToken)
    {
        var extract = ExtractiveSummary.Write(earlier, covered, Math.Min(length, ExtractiveSummary.MaxLength));
        if (!model.Info.CanSummarize || length == 0)
        {
            return extract;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(SummaryTimeout);
        try
        {
            var answer = await model.Client.GetResponseAsync(
                [
                    new(ChatRole.System, "Summarise the conversation for the assistant who will go on with it: names, facts, wishes, decisions, open questions. At most 200 words. Write only the summary."),
                    new(ChatRole.User, string.Join('\n', ((IEnumerable<string>)(earlier is null ? [] : ["Earlier summary: " + earlier])).Concat(covered.Select(e => $"{e.Role}: {e.Text}")))),
                ],
                new ChatOptions { MaxOutputTokens = 600, AdditionalProperties = new() { [ModelCall.OptionName] = call } }, deadline.Token);
            var text = answer.Text.Trim();

            // Mended last, because the cut may go through a surrogate pair.
            return text.Length == 0 ? extract : TextRules.Mend(text[..Math.Min(text.Length, length)]);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogSummaryFailed(failure, model.Info.Name);
            return extract;
        }
        finally
        {
            spending.Add(call, null);
        }
    }

    /// <summary>A known answer will do where the agent says so, unless another one is wanted.</summary>
    private static bool MayReuse(AgentDefinition agent, Turn turn, ContextWindow window) =>
        agent.Caching is { } caching && !turn.NoCache && !(caching.FirstTurnOnly && (window.Entries.Count > 1 || window.Summary is not null));

    private static ModelCall CallOf(Session session, Turn turn, IReadOnlyList<BudgetAccount> accounts, AnswerCaching? caching, long? characters = null) =>
        new() { Owner = session.Record.Owner, Session = session.Record.Id, Turn = turn.Number, Caching = caching, Budgets = accounts, Characters = characters };

    private static ChatOptions OptionsOf(PooledAgent warm, ToolSet tools, ModelCall call) => new()
    {
        Tools = ReferenceEquals(tools, warm.Tools) ? warm.Functions : tools.Functions.Count == 0 ? null : [.. tools.Functions],
        MaxOutputTokens = warm.Definition.MaxOutputTokens,
        Temperature = warm.Definition.Temperature,
        AdditionalProperties = warm.Definition.Knowledge is null ? new() { [ModelCall.OptionName] = call } : new() { [ModelCall.OptionName] = call, [Knowledge.OptionName] = warm.Definition.Knowledge },
    };

    private static TurnOutcome Failed(TroupeException failure) => new(TurnState.Failed, Error: new(failure.Code, failure.Message));

    private static TurnOutcome Outcome(TurnState state, TurnSpending spending) =>
        new(state, spending.InputTokens, spending.OutputTokens, Cached: spending.IsCached, CostMicros: spending.CostMicros);

    private static string? DataOf(ChatFinishReason? finish, bool cut) =>
        cut || finish == ChatFinishReason.Length ? """{"finish":"length"}"""
        : finish == ChatFinishReason.ContentFilter ? """{"finish":"content_filter"}"""
        : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Turn {Turn} of session {Session} failed: {Code}")]
    private partial void LogTurnFailed(Exception failure, string session, long turn, string code);

    [LoggerMessage(Level = LogLevel.Information, Message = "Session {Session}: {Count} entries are now represented by a summary of {Length} characters")]
    private partial void LogCompacted(string session, int count, int length);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model {Model} could not summarise; the first lines are used instead")]
    private partial void LogSummaryFailed(Exception failure, string model);
}
