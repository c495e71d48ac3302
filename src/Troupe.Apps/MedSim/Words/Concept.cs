namespace Troupe.Apps.MedSim.Words;

/// <summary>What several ways to say a thing mean.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Kind">What sort of thing it is.</param>
/// <param name="Parent">What it is one of; null for nothing.</param>
internal sealed record Concept(string Name, WordKind Kind, string? Parent);
