namespace Troupe.Apps.MedSim.Attempts;

/// <summary>A test that was ordered.</summary>
/// <param name="Seq">The order's line in the log.</param>
/// <param name="Note">The order.</param>
/// <param name="Ordered">The case time of the order.</param>
/// <param name="Ready">The case time at which the result is there.</param>
internal sealed record AttemptOrder(int Seq, AttemptNote Note, double Ordered, double Ready);
