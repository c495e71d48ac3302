using System.Globalization;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Server.Sessions;

/// <summary>Makes a session.</summary>
/// <param name="Agent">The agent; <c>assistant</c> unless given.</param>
/// <param name="Durability"><c>durable</c> or <c>batched</c>; the agent's unless given.</param>
public sealed record CreateSessionRequest(string? Agent = null, string? Durability = null);

/// <summary>A session that was made.</summary>
public sealed record SessionCreated(string Id, string Agent, string Durability);

/// <summary>Something said to a session: a message, or the wish for another answer.</summary>
/// <param name="Message">The words.</param>
/// <param name="Parent">The seq to follow; the newest completed leaf unless given.</param>
/// <param name="Regenerate">The seq of the user entry to answer again.</param>
/// <param name="Model">Another model for this turn.</param>
/// <param name="Cache">Whether an answer that was computed before will do, where the agent allows it; true unless given.</param>
public sealed record TurnRequest(string? Message = null, int? Parent = null, int? Regenerate = null, string? Model = null, bool? Cache = null);

/// <summary>Changes of a session; what is absent stays.</summary>
public sealed record SessionPatch(string? Title = null, bool? Archived = null, int? Head = null);

/// <summary>Tokens of a turn.</summary>
public sealed record Usage(long InputTokens, long OutputTokens);

/// <summary>Why a turn failed.</summary>
public sealed record ErrorInfo(string Code, string Message);

/// <summary>A call of a tool that waits for a person's yes or no: <c>outcome_unknown</c> after a crash in the middle of it, or
/// <c>approval_needed</c>.</summary>
public sealed record ApprovalInfo(string CallId, string Name, string Arguments, string Reason);

/// <summary>A turn that has ended, or waits for answers to <c>approvals</c>. <c>finish</c> is there when the model did not end by itself: <c>length</c>
/// or <c>content_filter</c>.</summary>
public sealed record TurnReply(
    string Reply, string SessionId, string TurnId, int Seq, string Durability, bool Cached, string Status, Usage Usage, ErrorInfo? Error,
    IReadOnlyList<ApprovalInfo>? Approvals = null, string? Finish = null)
{
    internal static TurnReply Of(TurnResult result) => new(
        result.Reply, result.SessionId, result.TurnNumber.ToString(CultureInfo.InvariantCulture), result.Seq, Names.Of(result.Durability), result.Cached,
        Names.Of(result.State), new(result.InputTokens, result.OutputTokens), result.Error is { } error ? new(error.Code, error.Message) : null,
        result.Asked.Count == 0 ? null : [.. result.Asked.Select(c => new ApprovalInfo(c.CallId, c.Name, c.Arguments, c.Reason))],
        result.Finish);
}

/// <summary>A turn has begun.</summary>
public sealed record TurnStarted(string SessionId, string TurnId, int UserSeq);

/// <summary>More of a reply: the text from an offset in UTF-16 code units on.</summary>
public sealed record TurnDelta(int Offset, string Text);

/// <summary>The whole reply so far, in place of what the reader has.</summary>
public sealed record TurnSnapshot(string Text);

/// <summary>A tool was called (<c>arguments</c>), or has answered (<c>status</c>, <c>result</c>). <c>source</c> is there when it did not run for this call alone: <c>cached</c> or
/// <c>merged</c>.</summary>
public sealed record TurnTool(string CallId, string Name, string? Arguments, string? Status, string? Result, double? Milliseconds, string? Source = null);

/// <summary>What the line of a tool's call or result carries beside its text.</summary>
public sealed record ToolView(string CallId, string Name, string? Kind = null, string? Status = null, double? Milliseconds = null, string? Source = null);

/// <summary>One line of a session's log. The text of a tool's call is its arguments, of its result what the model read; an <c>erased</c> one has none.</summary>
public sealed record EntryView(int Seq, int Parent, string? TurnId, string Role, string Text, DateTimeOffset At, ToolView? Tool = null)
{
    internal static EntryView Of(Entry entry) => new(
        entry.Seq, entry.Parent, entry.TurnNumber == 0 ? null : entry.TurnNumber.ToString(CultureInfo.InvariantCulture), Names.Of(entry.Role), entry.Text, entry.At,
        ToolData.Read(entry) is { } tool ? new(tool.CallId, tool.Name, tool.Kind, tool.Status, tool.Milliseconds, tool.Source) : null);
}

/// <summary>An input that waits for the turns before it. It is an entry when it starts.</summary>
public sealed record WaitingInput(string TurnId, string Message, DateTimeOffset At);

/// <summary>A session with a page of its log. <c>count</c> is how many entries there are, <c>next</c> the seq to ask after, where there is more,
/// <c>waiting</c> what was said and has not started.</summary>
public sealed record SessionView(
    string Id, string Agent, string? Title, string Durability, bool Archived, int Head, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    IReadOnlyList<EntryView> Entries, int? Next, int Count = 0, IReadOnlyList<WaitingInput>? Waiting = null);

/// <summary>What is kept of a turn beside its words. <c>cost</c> is in the unit of the models' prices; <c>model</c> is there when another one than the agent's was asked for.</summary>
public sealed record TurnView(
    string TurnId, string Status, int UserSeq, int ReplySeq, Usage Usage, decimal Cost, bool Cached, string Durability, DateTimeOffset At, string? Model = null, string? Error = null);

/// <summary>A branch was erased: where the session goes on, and how many entries it took; none when they were erased before.</summary>
public sealed record BranchErased(int Head, int Erased);

/// <summary>Where the words of a search stand first in a session, with what stands around them.</summary>
public sealed record SessionFound(int Seq, string Excerpt);

/// <summary>A session in a list. The title of somebody else's is not shown. <c>found</c> is there in a search, unless only the title has the words.</summary>
public sealed record SessionLine(
    string Id, string Owner, string Agent, string? Title, bool Archived, string Durability, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, SessionFound? Found = null);

/// <summary>A list of sessions, newest use first. <c>next</c> is the id to ask before, where there is more.</summary>
public sealed record SessionList(IReadOnlyList<SessionLine> Sessions, string? Next);

/// <summary>A line to import. <c>seq</c> counts from 1; <c>parent</c> is the line before unless given.</summary>
public sealed record ImportEntry(string Role, string Text, int? Seq = null, int? Parent = null, string? TurnId = null, DateTimeOffset? At = null, ToolView? Tool = null);

/// <summary>A session to import: an export of ours, or lines from elsewhere. With an <c>origin</c> (1 to 200 characters) the same lines are
/// not imported twice: the session that has it is the answer (200, not 201). A new session gets the <c>new_id</c> (32 characters of 0-9 and a-f) if
/// it is free, so that a client that goes away before the answer finds what it made; <c>id</c> is an export's own, and means nothing.</summary>
public sealed record ImportRequest(
    IReadOnlyList<ImportEntry?> Entries, string? Agent = null, string? Title = null, string? Durability = null, int? Head = null, int? TroupeExport = null, string? Id = null,
    bool? Archived = null, DateTimeOffset? CreatedAt = null, DateTimeOffset? UpdatedAt = null, int? Next = null, string? Origin = null, string? NewId = null);

/// <summary>A session with its whole tree.</summary>
public sealed record SessionExport(
    int TroupeExport, string Id, string Agent, string? Title, string Durability, bool Archived, int Head, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    IReadOnlyList<EntryView> Entries);

/// <summary>A yes or no to a tool that waits for a person.</summary>
public sealed record ApprovalRequest(string CallId, bool Approve);

/// <summary>An agent one may talk to. <c>greeting</c> and <c>suggestions</c> are for people, before the first word.</summary>
public sealed record AgentLine(
    string Name, string Description, string Model, string Durability, string Input, string? Greeting = null, IReadOnlyList<string>? Suggestions = null);

/// <summary>The agents one may talk to.</summary>
public sealed record AgentList(IReadOnlyList<AgentLine> Agents);
