using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>How well a question fits a fact.</summary>
/// <param name="Fact">The fact.</param>
/// <param name="Score">How sure it is that it is meant, 0 to 1.</param>
/// <param name="Likeness">How like the question is to what the fact is asked by, 0 to 1.</param>
internal sealed record FactMatch(CaseFact Fact, double Score, double Likeness);
