namespace Troupe.Apps.MedSim.Classes;

/// <summary>A class as it is kept: the hash of the invite, never the invite.</summary>
internal sealed record ClassRow(string Name, DateTimeOffset CreatedAt, string? Invite = null)
{
    public const string Kind = "medsim-class";
}
