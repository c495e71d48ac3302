using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>How well a question fits a fact.</summary>
/// <param name="Fact">The fact.</param>
/// <param name="Score">To compare with other facts.</param>
/// <param name="Coverage">How much of the best phrase that the fact is about is in the question, 0 to 1.</param>
/// <param name="Explained">How much of the question the fact is about, 0 to 1.</param>
/// <param name="Precise">Whether the question names the matter itself.</param>
/// <param name="Specific">How many words of the question, but for those of any question, the fact is about.</param>
/// <param name="Words">How many words the best phrase has.</param>
internal sealed record FactMatch(CaseFact Fact, double Score, double Coverage, double Explained, bool Precise, double Specific, int Words)
{
    public bool IsStrong => Coverage >= 0.7 || (Coverage >= 0.5 && Explained >= 0.6);
}
