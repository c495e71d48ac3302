namespace Troupe.Cli.Import;

/// <summary>A place in a file that was left out, and why.</summary>
internal sealed record RefusedPlace(string Where, string Reason);
