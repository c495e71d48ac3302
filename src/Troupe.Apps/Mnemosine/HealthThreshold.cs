using System.Globalization;

namespace Troupe.Apps.Mnemosine;

/// <summary>From where on a value is bad. A level is entered at one value and left below a lower one, so that a value that moves to and fro
/// around a level is one event and not many.</summary>
/// <param name="Unit">What stands behind the value.</param>
/// <param name="Warning">A warning from here on.</param>
/// <param name="WarningUntil">No warning any more below this.</param>
/// <param name="Failing">Failing from here on.</param>
/// <param name="FailingUntil">Not failing any more below this.</param>
internal sealed record HealthThreshold(string Unit, double Warning, double WarningUntil, double Failing, double FailingUntil)
{
    /// <summary>The level of a value, after the one that holds.</summary>
    public HealthLevel After(HealthLevel held, double value) =>
        value >= Failing || (held == HealthLevel.Failing && value >= FailingUntil) ? HealthLevel.Failing
        : value >= Warning || (held >= HealthLevel.Warning && value >= WarningUntil) ? HealthLevel.Warning
        : HealthLevel.Ok;

    /// <summary>A value with what it is judged by.</summary>
    public string Describe(double value) => string.Create(
        CultureInfo.InvariantCulture, $"{value:0.##}{Unit} (warning from {Warning} until below {WarningUntil}, failing from {Failing} until below {FailingUntil})");
}
