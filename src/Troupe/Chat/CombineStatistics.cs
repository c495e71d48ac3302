namespace Troupe.Chat;

/// <summary>What combining has done since the start.</summary>
/// <param name="Prompts">Prompts that were asked.</param>
/// <param name="Requests">Requests that went out for them.</param>
/// <param name="Combined">Prompts that were answered as part of a request for several.</param>
/// <param name="AskedAlone">Prompts that were asked again by themselves, because their part of an answer was missing or not valid.</param>
public sealed record CombineStatistics(long Prompts, long Requests, long Combined, long AskedAlone);
