namespace Troupe.Apps.MedSim.Attempts;

/// <summary>What the list of attempts knows of one, as it is kept beside the session.</summary>
internal sealed record AttemptRow(
    string Case, string CaseHash, string Title, string Specialty, int Difficulty, string Mode, DateTimeOffset StartedAt, string? CaseOwner = null, string? Class = null, DateTimeOffset? FinishedAt = null,
    double? Score = null, double? Minutes = null, int? Cost = null, IReadOnlyList<string>? Names = null)
{
    public const string Kind = "medsim-attempt";

    /// <summary>The mode of an attempt that was a session of a former MedSim.</summary>
    public const string Imported = "imported";

    public AttemptLine ToLine(string id, string? student = null) => new(
        id, Case, Title, Specialty, Difficulty, Mode, FinishedAt is null ? "running" : "finished", StartedAt, Class, student, FinishedAt, Score, Minutes, Cost);
}
