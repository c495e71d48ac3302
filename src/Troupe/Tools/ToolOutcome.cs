namespace Troupe.Tools;

/// <summary>What a call gave the model.</summary>
/// <param name="Status">One of <see cref="ToolStatus"/>.</param>
/// <param name="Text">What the model reads.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Source">Where it came from, when it did not come from a run for this call: one of <see cref="ToolSource"/>.</param>
public sealed record ToolOutcome(string Status, string Text, TimeSpan Duration = default, string? Source = null);
