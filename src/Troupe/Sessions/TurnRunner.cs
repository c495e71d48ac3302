namespace Troupe.Sessions;

/// <summary>Does the model's work of a turn, and says how it came out. It reads the session's entries, and says the reply through
/// <see cref="Session.Say"/>. It stops soon when the token is cancelled, and does not throw.</summary>
public delegate Task<TurnOutcome> TurnRunner(Session session, Turn turn, CancellationToken cancellationToken);
