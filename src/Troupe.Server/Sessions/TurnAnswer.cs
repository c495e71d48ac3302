using System.Globalization;
using Microsoft.AspNetCore.Http;
using Troupe.Agents;
using Troupe.Server.Http;
using Troupe.Server.Keys;
using Troupe.Sessions;

namespace Troupe.Server.Sessions;

/// <summary>Tells a client how its turn goes: as one JSON answer at the end, or as events on the way.</summary>
public static class TurnAnswer
{
    /// <summary>Answers as the request's Accept header wants. The turn outlives the request.</summary>
    public static async Task WriteAsync(HttpContext context, AgentRuntime runtime, Session session, Turn turn, bool stream)
    {
        if (context.Caller.Limits is { } limits && turn.TrySettle())
        {
            _ = SettleAsync(session, turn, limits);
        }

        if (stream)
        {
            var from = TurnPosition.TryParse(context.Request.Headers["Last-Event-ID"], out var position) ? position : (TurnPosition?)null;
            await SendAsync(context, runtime, session.Record.Id, session.FollowAsync(turn, from, context.RequestAborted));
            return;
        }

        var result = await session.WaitAsync(turn, context.RequestAborted);
        await JsonReply.WriteAsync(context, TurnReply.Of(result), ServerJson.Default.TurnReply);
    }

    /// <summary>Sends what happens as server-sent events, to the end or until the client leaves.</summary>
    internal static async Task SendAsync(HttpContext context, AgentRuntime runtime, string sessionId, IAsyncEnumerable<TurnEvent> events)
    {
        var stream = new EventStream(context, runtime.Time);
        stream.Begin();
        try
        {
            await stream.SendAsync(events, happened => Write(stream, sessionId, happened), context.RequestAborted);
        }
        catch (TroupeException failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The answer has begun as a stream, so the problem comes as its last event.
            var reply = new TurnReply("", sessionId, "", 0, "", false, "failed", new(0, 0), new(failure.Code, failure.Message));
            stream.Write("turn.failed", null, reply, ServerJson.Default.TurnReply);
            await stream.FlushAsync(context.RequestAborted);
        }
    }

    private static void Write(EventStream stream, string sessionId, TurnEvent happened)
    {
        var id = happened.Position.ToString();
        switch (happened)
        {
            case TurnEvent.Started started:
                var turn = started.Position.Turn.ToString(CultureInfo.InvariantCulture);
                stream.Write("turn.started", id, new TurnStarted(sessionId, turn, started.UserSeq), ServerJson.Default.TurnStarted);
                break;

            case TurnEvent.Delta delta:
                stream.Write("turn.delta", id, new TurnDelta(delta.Offset, delta.Text), ServerJson.Default.TurnDelta);
                break;

            case TurnEvent.Snapshot snapshot:
                stream.Write("turn.snapshot", id, new TurnSnapshot(snapshot.Text), ServerJson.Default.TurnSnapshot);
                break;

            case TurnEvent.Tool { Notice: var tool }:
                stream.Write("turn.tool", id, new TurnTool(tool.CallId, tool.Name, tool.Arguments, tool.Status, tool.Result, tool.Milliseconds, tool.Source), ServerJson.Default.TurnTool);
                break;

            case TurnEvent.Waiting waiting:
                stream.Write("turn.waiting", id, TurnReply.Of(waiting.Result), ServerJson.Default.TurnReply);
                break;

            case TurnEvent.Ended ended:
                stream.Write($"turn.{Names.Of(ended.Result.State)}", id, TurnReply.Of(ended.Result), ServerJson.Default.TurnReply);
                break;
        }
    }

    private static async Task SettleAsync(Session session, Turn turn, KeyLimits limits)
    {
        try
        {
            var result = await session.WaitAsync(turn, CancellationToken.None);
            limits.Settle(result.InputTokens + result.OutputTokens);
        }
        catch (TroupeException)
        {
            // A turn that was not stored is told to its client; it is not counted.
        }
    }
}
