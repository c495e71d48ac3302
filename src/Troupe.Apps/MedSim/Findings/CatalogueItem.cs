namespace Troupe.Apps.MedSim.Findings;

/// <summary>An examination or a test that medicine knows.</summary>
/// <param name="IsTest">Whether it is a test.</param>
/// <param name="Group">The region of an examination; the kind of a test.</param>
/// <param name="Name">Its name.</param>
/// <param name="Synonyms">Its other names.</param>
/// <param name="Normal">What is normal.</param>
/// <param name="Cost">What it costs; 0 for an examination.</param>
/// <param name="Minutes">How long it takes.</param>
internal sealed record CatalogueItem(bool IsTest, string Group, string Name, IReadOnlyList<string> Synonyms, string Normal, int Cost, int Minutes);
