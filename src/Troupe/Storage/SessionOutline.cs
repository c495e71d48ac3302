namespace Troupe.Storage;

/// <summary>What a store knows of a session without its entries.</summary>
/// <param name="Session">The session's row.</param>
/// <param name="Count">How many entries it has.</param>
/// <param name="HasTurns">Whether it had any turn.</param>
/// <param name="NewestLeaf">The newest entry that a completed or cancelled turn ended at; 0 when none did.</param>
/// <param name="IsUnfinished">Whether turns stand as queued, running or waiting.</param>
public sealed record SessionOutline(SessionRecord Session, int Count, bool HasTurns, int NewestLeaf, bool IsUnfinished)
{
    /// <summary>The entry that a new input follows: the leaf of the newest turn, unless the owner chose another after it.</summary>
    public int Head =>
        NewestLeaf > Session.HeadAfter ? NewestLeaf
        : Session.HeadAfter > 0 && Session.Head <= Count ? Session.Head
        : HasTurns ? NewestLeaf
        : Count;

    /// <summary>The outline of a session that is whole.</summary>
    public static SessionOutline Of(SessionRecord session, int count, IReadOnlyCollection<TurnRecord> turns) => new(
        session, count, turns.Count > 0,
        turns.Where(t => t.State is TurnState.Completed or TurnState.Cancelled).Select(t => t.Leaf).DefaultIfEmpty().Max(),
        turns.Any(t => t.State is TurnState.Queued or TurnState.Running or TurnState.Waiting));
}
