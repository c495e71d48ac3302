namespace Troupe.Tools;

/// <summary>What a call gave the model.</summary>
/// <param name="Status">One of <see cref="ToolStatus"/>.</param>
/// <param name="Text">What the model reads.</param>
/// <param name="Duration">How long it took.</param>
public sealed record ToolOutcome(string Status, string Text, TimeSpan Duration = default);
