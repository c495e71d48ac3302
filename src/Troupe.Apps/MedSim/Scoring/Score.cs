using Troupe.Apps.MedSim.Cases;

namespace Troupe.Apps.MedSim.Scoring;

/// <summary>What an attempt came to.</summary>
internal sealed record Score(
    double Total, IReadOnlyList<AreaView> Areas, IReadOnlyList<ScoreItem> Items, string Credit, IReadOnlyList<CaseDifferential> Named, IReadOnlyList<string> Wasteful, double HintPoints);
