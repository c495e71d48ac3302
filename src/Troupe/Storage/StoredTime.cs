namespace Troupe.Storage;

/// <summary>Times as stores keep them.</summary>
internal static class StoredTime
{
    /// <summary>Now, to the millisecond: what is shown before it was stored is what is read back later.</summary>
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
    }
}
