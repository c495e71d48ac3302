namespace Troupe.Apps.Mnemosine;

/// <summary>How bad a value is, the worse the higher.</summary>
internal enum HealthLevel
{
    /// <summary>Good.</summary>
    Ok,

    /// <summary>Somebody should look soon.</summary>
    Warning,

    /// <summary>Somebody should look now.</summary>
    Failing,
}
