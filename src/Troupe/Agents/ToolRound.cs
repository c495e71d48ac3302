using System.Globalization;
using Microsoft.Extensions.AI;
using Troupe.Chat;
using Troupe.Sessions;
using Troupe.Storage;
using Troupe.Tools;

namespace Troupe.Agents;

/// <summary>The calls that a model asks for at once, from their intent in the log to their results. What an unsafe tool is to do is on disk
/// before it runs; what it did is on its way there before the model goes on.</summary>
internal sealed class ToolRound(Session session, Turn turn, AgentDefinition agent, ToolSet tools, ToolMemo memo)
{
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = session.CallIds(turn);
    private int _count;

    /// <summary>The tools as they are now.</summary>
    public ToolSet Tools { get; set; } = tools;

    /// <summary>Whether the turn has made as many calls as it may.</summary>
    public bool IsExhausted => _count >= agent.MaxToolCalls;

    /// <summary>Writes the intents into the log, with what the model said before them.</summary>
    public void Begin(List<FunctionCallContent> calls)
    {
        session.EndRound(turn);
        foreach (var call in calls)
        {
            // Some providers leave the id out, or use it twice.
            var id = call.CallId is { Length: > 0 and <= 128 } given && _seen.Add(given) ? given : NewId();
            var kind = (Tools.Find(call.Name)?.Kind ?? ToolKind.Pure).ToString().ToLowerInvariant();
            var arguments = TextRules.Mend(ToolArguments.Write(call));
            session.Add(turn, EntryRole.ToolCall, arguments, new ToolData(id, TextRules.Mend(call.Name), kind).Write());
            session.Note(turn, new ToolNotice(0, id, call.Name, arguments));
            _begun.Add(id);
        }
    }

    /// <summary>Gives every open call its result.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        var calls = session.OpenCalls(turn).ConvertAll(entry => new Call(entry, ToolData.Read(entry)!, Tools));
        if (calls.Count == 0)
        {
            return;
        }

        var asked = calls.Where(NeedsAnswer).ToList();
        if (asked.Count > 0)
        {
            await session.AskAsync(
                turn, [.. asked.Select(c => new PendingCall(c.Data.CallId, c.Data.Name, c.Entry.Text, _begun.Contains(c.Data.CallId) ? "approval_needed" : "outcome_unknown"))], cancellationToken);
        }
        else if (calls.Exists(c => c.IsUnsafe))
        {
            await session.SaveAsync(turn);
        }

        // Not disposed: a run that another turn waits for may end after this one has been stopped.
        var places = new SemaphoreSlim(agent.ParallelTools);
        var same = new Dictionary<(string, string), Task<ToolOutcome>>();
        var outcomes = calls.ConvertAll(call =>
        {
            // The same question asked twice at once is one run, unless a second run would be a second effect, or a person answered for each.
            var what = (call.Data.Name, call.Entry.Text);
            if (!call.IsUnsafe && !asked.Contains(call) && same.TryGetValue(what, out var running))
            {
                return MergedAsync(running);
            }

            var run = RunAsync(call, asked.Contains(call), places, cancellationToken);
            same.TryAdd(what, run);
            return run;
        });
        try
        {
            await Task.WhenAll(outcomes);
        }
        finally
        {
            // Also when the turn is stopped: what has answered is known.
            for (var i = 0; i < calls.Count; i++)
            {
                if (outcomes[i].IsCompletedSuccessfully)
                {
                    Answer(calls[i], await outcomes[i]);
                }
            }
        }

        if (calls.Exists(c => c.IsUnsafe))
        {
            // Not waited for: the model may think meanwhile, and what it says is told only after this is on disk.
            _ = session.SaveAsync(turn).ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private static async Task<ToolOutcome> MergedAsync(Task<ToolOutcome> running) => (await running) with { Source = ToolSource.Merged };

    private bool NeedsAnswer(Call call) => (call.IsUnsafe && !_begun.Contains(call.Data.CallId)) || call.Tool is { NeedsApproval: true };

    private async Task<ToolOutcome> RunAsync(Call call, bool wasAsked, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        if (wasAsked && !Session.IsApproved(turn, call.Data.CallId))
        {
            return new ToolOutcome(
                ToolStatus.Declined, _begun.Contains(call.Data.CallId) ? "A person declined this call." : "A person declined to run this call again; whether its first run took effect is not known.");
        }

        if (call.Tool is not { } tool)
        {
            return new ToolOutcome(ToolStatus.Error, Tools.WhyMissing(call.Data.Name));
        }

        var arguments = ToolArguments.Read(call.Data.CallId, call.Data.Name, call.Entry.Text);
        if (arguments.Exception is { } wrong)
        {
            return new ToolOutcome(ToolStatus.Error, wrong.Message);
        }

        if (Interlocked.Increment(ref _count) > agent.MaxToolCalls)
        {
            return new ToolOutcome(ToolStatus.Error, $"This turn has made {agent.MaxToolCalls} calls, as many as it may. Answer with what you have.");
        }

        // What a person answered for is that run and no other's.
        return await (wasAsked
            ? memo.RunAloneAsync(tool, arguments.Arguments, places, cancellationToken)
            : memo.RunAsync(tool, session.Record.Owner, session.Record.Id, arguments.Arguments, places, cancellationToken));
    }

    private void Answer(Call call, ToolOutcome outcome)
    {
        var milliseconds = Math.Round(outcome.Duration.TotalMilliseconds, 1);
        session.Add(turn, EntryRole.ToolResult, outcome.Text, new ToolData(call.Data.CallId, call.Data.Name, Status: outcome.Status, Milliseconds: milliseconds, Source: outcome.Source).Write());
        session.Note(turn, new ToolNotice(0, call.Data.CallId, call.Data.Name, null, outcome.Status, outcome.Text, milliseconds, outcome.Source));
    }

    private string NewId()
    {
        // The next entry's seq is nobody else's.
        var id = string.Create(CultureInfo.InvariantCulture, $"call_{session.Tail + 1}_{turn.Number}");
        _seen.Add(id);
        return id;
    }

    private sealed record Call(Entry Entry, ToolData Data, ToolSet Tools)
    {
        public bool IsUnsafe => Data.Kind == ToolData.UnsafeKind;

        public ToolDefinition? Tool => Tools.Find(Data.Name);
    }
}
