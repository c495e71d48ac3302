namespace Troupe.Apps.MedSim.Findings;

/// <summary>What is found, or not, under a name.</summary>
/// <param name="Status">One of the constants.</param>
/// <param name="Name">The name of what was meant.</param>
/// <param name="Group">Its region or kind.</param>
/// <param name="Text">The finding or the result.</param>
/// <param name="Cost">What it costs.</param>
/// <param name="Minutes">How long it takes.</param>
/// <param name="Id">The case's own id of it; null where it is not the case's.</param>
/// <param name="Trace">An image or a trace as text.</param>
/// <param name="Choices">What may be meant, where that is not clear.</param>
internal sealed record LookupAnswer(
    string Status, string Name = "", string Group = "", string Text = "", int Cost = 0, int Minutes = 0, string? Id = null, string? Trace = null, IReadOnlyList<string>? Choices = null)
{
    public const string Result = "result";
    public const string Normal = "normal";
    public const string NotAvailable = "not_available";
    public const string Which = "which";
    public const string NotKnown = "not_known";
}
