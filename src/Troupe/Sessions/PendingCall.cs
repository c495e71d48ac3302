namespace Troupe.Sessions;

/// <summary>A call of a tool that a person is asked about.</summary>
/// <param name="CallId">Its name in the approval.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">What the model wants it to do, JSON.</param>
/// <param name="Reason">Why a person is asked: <c>outcome_unknown</c> after a crash in the middle of a run, or <c>approval_needed</c>.</param>
public sealed record PendingCall(string CallId, string Name, string Arguments, string Reason);
