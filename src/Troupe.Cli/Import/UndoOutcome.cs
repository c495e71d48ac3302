namespace Troupe.Cli.Import;

/// <summary>What became of a session that an import had made.</summary>
internal enum UndoOutcome
{
    /// <summary>It is deleted.</summary>
    Deleted,

    /// <summary>It was gone already.</summary>
    Gone,

    /// <summary>It has more lines than were imported, and is kept.</summary>
    Used,
}
