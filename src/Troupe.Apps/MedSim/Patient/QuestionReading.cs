using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>What a question is about.</summary>
/// <param name="Tokens">Its words that carry meaning, slips mended.</param>
/// <param name="Matches">The facts that it may mean, best first.</param>
/// <param name="Open">How likely it asks for nothing in particular, 0 to 1.</param>
/// <param name="Manners">How likely it asks nothing at all, 0 to 1.</param>
internal sealed record QuestionReading(List<Token> Tokens, List<FactMatch> Matches, double Open, double Manners)
{
    public double Best => Matches is [var best, ..] ? best.Score : 0;
}
