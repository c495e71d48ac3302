namespace Troupe.Apps.MedSim.Classes;

/// <summary>A membership as it is kept under its member: in which class, whose class, under which name.</summary>
internal sealed record MemberRow(string Teacher, string Name, DateTimeOffset JoinedAt)
{
    public const string Kind = "medsim-member";
}
