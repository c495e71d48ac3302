namespace Troupe.Sessions;

/// <summary>What readers of a turn see of its tools: a call, and later its result.</summary>
/// <param name="Offset">Where in the reply it stands, in UTF-16 code units.</param>
/// <param name="CallId">The call.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">On the call: JSON.</param>
/// <param name="Status">On the result: how it came out.</param>
/// <param name="Result">On the result: what the model reads.</param>
/// <param name="Milliseconds">On the result: how long it took.</param>
/// <param name="Source">On the result: where it came from, when the tool did not run for this call alone: cached or merged.</param>
public sealed record ToolNotice(
    int Offset, string CallId, string Name, string? Arguments, string? Status = null, string? Result = null, double? Milliseconds = null, string? Source = null);
