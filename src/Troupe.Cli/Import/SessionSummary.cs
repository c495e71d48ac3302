namespace Troupe.Cli.Import;

/// <summary>A session of an import.</summary>
/// <param name="Id">The session.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="New">Whether this import made it.</param>
/// <param name="Entries">How many entries it had when it was made.</param>
internal sealed record SessionSummary(string Id, string Origin, bool New, int Entries);
