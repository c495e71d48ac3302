namespace Troupe.Storage;

/// <summary>The bounds of a <see cref="Journal"/>.</summary>
public sealed record JournalOptions
{
    /// <summary>Operations that may wait for the disk, 1 to 1,000,000. Default 4,096.</summary>
    public int MaxOperations { get; init; } = 4096;

    /// <summary>Bytes that may wait for the disk. Default 32 MiB.</summary>
    public long MaxBytes { get; init; } = 32 << 20;

    /// <summary>Turns that may be under way, each with room for its reply. Default 16,384.</summary>
    public int MaxTurns { get; init; } = 16_384;

    /// <summary>Operations in one transaction, 1 to 1,000,000. Default 256.</summary>
    public int MaxBatchOperations { get; init; } = 256;

    /// <summary>Bytes in one transaction; a single larger operation is still taken. Default 1 MiB.</summary>
    public long MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>How long a caller waits for room before it is refused. Default 5 s.</summary>
    public TimeSpan RoomTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often what is batched is saved. Default 5 s.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a shutdown may write what is left. Default 20 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);

    internal void Validate()
    {
        Check(MaxOperations is >= 1 and <= 1_000_000, nameof(MaxOperations), MaxOperations, "1 to 1,000,000");
        Check(MaxBytes >= 1 << 16, nameof(MaxBytes), MaxBytes, "at least 65,536");
        Check(MaxTurns >= 1, nameof(MaxTurns), MaxTurns, "at least 1");
        Check(MaxBatchOperations is >= 1 and <= 1_000_000, nameof(MaxBatchOperations), MaxBatchOperations, "1 to 1,000,000");
        Check(MaxBatchBytes >= 1, nameof(MaxBatchBytes), MaxBatchBytes, "at least 1");
        Check(SaveInterval > TimeSpan.Zero, nameof(SaveInterval), SaveInterval, "more than zero");
        Check(RoomTimeout >= TimeSpan.Zero, nameof(RoomTimeout), RoomTimeout, "zero or more");
        Check(DrainTimeout >= TimeSpan.Zero, nameof(DrainTimeout), DrainTimeout, "zero or more");

        static void Check(bool good, string name, object value, string range)
        {
            if (!good)
            {
                throw new TroupeException(ErrorKind.Setup, "option_out_of_range", $"{nameof(JournalOptions)}.{name} is {value}; it must be {range}.");
            }
        }
    }
}
