namespace Troupe.Apps.MedSim.Scoring;

/// <summary>One binary item of a score.</summary>
/// <param name="Id">Its name within the area.</param>
/// <param name="Area">The area of the rubric.</param>
/// <param name="Text">What the score sheet says.</param>
/// <param name="Weight">What it weighs in its area; below 0 for what takes points away; 0 for what counts nothing.</param>
/// <param name="Done">Whether it was done.</param>
/// <param name="Seq">The line of the log that ticks it; where something must not happen, the line where it did; 0 for none.</param>
/// <param name="Critical">Whether leaving it out is a critical omission.</param>
/// <param name="Kind">Of a plan's item.</param>
/// <param name="Why">Why it matters.</param>
internal sealed record ScoreItem(string Id, string Area, string Text, double Weight, bool Done, int Seq, bool Critical = false, string? Kind = null, string? Why = null);
