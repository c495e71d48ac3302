namespace Troupe.Storage;

/// <summary>One immutable line of a session's log. It can only be erased, which leaves its place.</summary>
/// <param name="Seq">Position in the log, from 1, without gaps.</param>
/// <param name="Parent">The <see cref="Seq"/> this one follows, always smaller; 0 at a root.</param>
/// <param name="TurnNumber">The turn that wrote it; 0 when none did.</param>
/// <param name="Role">Who speaks.</param>
/// <param name="At">When it was written, to the millisecond.</param>
/// <param name="Text">The words; valid UTF-16 without NUL.</param>
/// <param name="Data">A JSON object with what the role needs beside words; null when nothing.</param>
public sealed record Entry(int Seq, int Parent, long TurnNumber, EntryRole Role, DateTimeOffset At, string Text, string? Data = null)
{
    /// <summary>What is left of the entry when it is erased: its place and its time.</summary>
    public Entry Erase() => this with { Role = EntryRole.Erased, Text = "", Data = null };

    /// <summary>What the entry weighs in memory, in bytes, roughly.</summary>
    public int SizeBytes => 96 + (2 * (Text.Length + (Data?.Length ?? 0)));
}
