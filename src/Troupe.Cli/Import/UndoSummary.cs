namespace Troupe.Cli.Import;

/// <summary>What taking an import back did.</summary>
/// <param name="Deleted">Sessions that are deleted.</param>
/// <param name="Gone">Sessions that were gone already.</param>
/// <param name="Kept">Sessions that are kept, and why.</param>
internal sealed record UndoSummary(List<string> Deleted, List<string> Gone, List<KeptSession> Kept);
