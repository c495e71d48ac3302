namespace Troupe.Server.Keys;

/// <summary>What a route wants of the key that calls it.</summary>
public enum Scope
{
    /// <summary>No key.</summary>
    Public,

    /// <summary>Talking: one's own sessions.</summary>
    Chat,

    /// <summary>Seeing one's classes.</summary>
    Teach,

    /// <summary>Keys, and the machine.</summary>
    Admin,
}
