namespace Troupe.Cli.Import;

/// <summary>A session that is not deleted, and why.</summary>
internal sealed record KeptSession(string Id, string Reason);
