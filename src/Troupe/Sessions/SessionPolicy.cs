namespace Troupe.Sessions;

/// <summary>How a session takes its inputs; given by its agent.</summary>
/// <param name="Input">What a second input does meanwhile.</param>
/// <param name="SaveEvery">In batched mode, save after this many entries of the session; 0 for the interval alone.</param>
/// <param name="MaxWaiting">Inputs that may wait, 1 to 1,000.</param>
/// <param name="Admit">Refuses, by throwing, an input that would begin a turn or run one anew; null to take all. It is called with the session locked
/// and must be quick.</param>
/// <param name="IsKeptWhole">Whether nothing of the session is erased but all of it.</param>
public sealed record SessionPolicy(InputPolicy Input = InputPolicy.Queue, int SaveEvery = 0, int MaxWaiting = 64, Action<Session, TurnInput>? Admit = null, bool IsKeptWhole = false);
