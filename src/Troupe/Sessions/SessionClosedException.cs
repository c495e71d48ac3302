namespace Troupe.Sessions;

/// <summary>The loaded session has left the directory; the caller takes it from there anew. Never seen outside.</summary>
internal sealed class SessionClosedException() : Exception("The session was unloaded.");
