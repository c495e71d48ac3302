using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>One input and all that follows from it. Changed only by its session.</summary>
public sealed class Turn
{
    private TurnRecord _record;
    private bool _settled;

    /// <summary>A turn that comes from the store was counted when it ran.</summary>
    internal Turn(TurnRecord record, bool isStored = false)
    {
        _record = record;
        _settled = IsStored = isStored;
    }

    /// <summary>The row as it stands; it may be ahead of the disk.</summary>
    public TurnRecord Record
    {
        get => Volatile.Read(ref _record);
        internal set => Volatile.Write(ref _record, value);
    }

    /// <summary>The turn's number.</summary>
    public long Number => _record.Number;

    /// <summary>Whether the answer must be a new one. Not stored: a turn that is run anew after a crash may take a known answer.</summary>
    public bool NoCache { get; internal set; }

    /// <summary>Why it failed, in full, as long as the session is loaded; null when it did not, or when that is not known any more. The row has only the code.</summary>
    internal TurnError? Error { get; set; }

    /// <summary>What exists only while the turn is under way; null before and after.</summary>
    internal TurnLive? Live { get; set; }

    /// <summary>Whether somebody has counted the turn's tokens; the first to ask does.</summary>
    public bool TrySettle() => !Interlocked.Exchange(ref _settled, true);

    /// <summary>The turn runs anew, and what it takes is counted anew.</summary>
    internal void Unsettle() => Volatile.Write(ref _settled, false);

    /// <summary>The entry behind which a run anew goes on; 0 for the user entry.</summary>
    internal int ResumeAt { get; set; }

    /// <summary>Whether the row is in the store or on its way there.</summary>
    internal bool IsStored { get; set; }

    /// <summary>Turns that joined this one and whose rows are not on their way to the store yet.</summary>
    internal List<Turn>? UnstoredAliases { get; set; }
}
