namespace Troupe.Specialists;

/// <summary>The bounds of a <see cref="SpecialistPanel"/>.</summary>
public sealed record PanelOptions
{
    /// <summary>Specialists that are asked at once over all consultations of the panel, 1 to 1,000. Default 4 for each of two consultations.</summary>
    public int MaxWorkers { get; init; } = 8;

    /// <summary>How long one specialist may take, with its wait for a worker, 1 ms to 1 hour. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Specialists of one consultation at most, 1 to 100. Default 16.</summary>
    public int MaxSpecialists { get; init; } = 16;

    /// <summary>Makes one text of the opinions that were given. Default each under its agent's name.</summary>
    public Func<IReadOnlyList<Opinion>, string> Merge { get; init; } = static opinions => string.Join("\n\n", opinions.Select(o => $"{o.Agent}:\n{o.Text}"));

    internal void Validate()
    {
        Check(MaxWorkers is >= 1 and <= 1000, nameof(MaxWorkers), MaxWorkers, "1 to 1,000");
        Check(Timeout >= TimeSpan.FromMilliseconds(1) && Timeout <= TimeSpan.FromHours(1), nameof(Timeout), Timeout, "1 ms to 1 hour");
        Check(MaxSpecialists is >= 1 and <= 100, nameof(MaxSpecialists), MaxSpecialists, "1 to 100");
    }

    private static void Check(bool good, string name, object value, string range) => TroupeException.CheckOption(good, "The panel of specialists has", name, value, range);
}
