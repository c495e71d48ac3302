using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>A turn that runs or waits to run, without any of its words.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="Owner">Whom the session belongs to.</param>
/// <param name="Agent">The agent that answers.</param>
/// <param name="Number">The turn.</param>
/// <param name="State">Running, waiting for a person's yes or no, or queued behind another turn of its session.</param>
/// <param name="Since">When it was accepted.</param>
/// <param name="Duration">How long ago that was.</param>
/// <param name="Behind">How many turns of its session wait behind it.</param>
public sealed record TurnUnderWay(string SessionId, string Owner, string Agent, long Number, TurnState State, DateTimeOffset Since, TimeSpan Duration, int Behind);
