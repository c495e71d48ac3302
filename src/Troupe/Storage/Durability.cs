namespace Troupe.Storage;

/// <summary>What a client may rely on when it has been told. The numbers are stored.</summary>
public enum Durability
{
    /// <summary>On disk before the client is told.</summary>
    Durable = 1,

    /// <summary>Told at once, saved within the save interval.</summary>
    Batched = 2,
}
