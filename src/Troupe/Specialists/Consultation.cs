namespace Troupe.Specialists;

/// <summary>What all specialists said, in the order in which they were asked.</summary>
/// <param name="Opinions">One for each specialist.</param>
/// <param name="Text">The opinions that were given, merged.</param>
/// <param name="Duration">How long it took in all.</param>
public sealed record Consultation(IReadOnlyList<Opinion> Opinions, string Text, TimeSpan Duration)
{
    /// <summary>Who was late.</summary>
    public IEnumerable<string> Late => Opinions.Where(o => o.Status == OpinionStatus.Late).Select(o => o.Agent);

    /// <summary>Who failed.</summary>
    public IEnumerable<string> Failed => Opinions.Where(o => o.Status == OpinionStatus.Failed).Select(o => o.Agent);
}
